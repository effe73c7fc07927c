"""The local far side: an Africa's Talking peer with handsets, in memory, for trying and testing without a network.

It speaks the provider's wire (`docs/` and the contract's sections are named where they are followed) and must not know
the gateway's menus, handlers or store: what it learns, it learns over HTTP.
"""
