// The messages view and the two tabs: the inbox, looked at each second, what was sent and its fate, and writing a text.

import { api, at, lines, ownNumberIsGood, phone, texts } from "./handset.js";

const state = { seen: new Set(), shownAs: "", ready: false };

function item(message) {
  const li = document.createElement("li");
  const head = document.createElement("p");
  head.className = "head";
  const who = document.createElement("bdi");
  who.textContent = message.mine ? `${texts.me} → ${message.to}` : message.from;
  const when = document.createElement("time");
  when.dateTime = message.at;
  when.textContent = new Date(message.at).toLocaleTimeString("en-GB");
  head.append(who, when);
  li.append(head, ...lines(message.text));
  if (message.mine) {
    li.className = "mine";
    const fate = document.createElement("p");
    fate.className = "fate";
    fate.textContent = texts[message.state].replace("{tries}", message.tries);
    fate.title = message.trouble;
    li.append(fate);
  } else if (!message.read) {
    li.className = "fresh";
  }
  return li;
}

function drawMessages(inbox, sent) {
  const mine = sent.map((message) => ({ ...message, mine: true }));
  const all = [...inbox, ...mine].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, 100);
  const shownAs = JSON.stringify(all);
  if (shownAs === state.shownAs) return;
  state.shownAs = shownAs;
  const empty = document.createElement("li");
  empty.className = "empty";
  empty.textContent = texts.no_messages;
  at("list").replaceChildren(...(all.length ? all.map(item) : [empty]));
}

function announce(inbox) {
  const fresh = inbox.filter((message) => !state.seen.has(message.id));
  for (const message of fresh) state.seen.add(message.id);
  if (state.ready && fresh.length) at("announce").textContent = `${texts.new_message}: ${fresh[0].text}`;
  state.ready = true;
}

async function poll() {
  try {
    const query = `?phone=${encodeURIComponent(phone())}`;
    const [inbox, sent] = await Promise.all([api(`inbox${query}`), api(`sent${query}`)]);
    at("text-error").textContent = "";
    announce(inbox.messages);
    drawMessages(inbox.messages, sent.messages);
    const reading = !at("panel-messages").hidden && !document.hidden;
    at("badge").hidden = reading || inbox.unread === 0;
    at("badge").textContent = inbox.unread;
    at("badge").setAttribute("aria-label", `${inbox.unread} ${texts.unread}`);
  } catch (error) {
    at("text-error").textContent = `${texts.no_network} ${error.message}`;
  }
}

async function keepPolling() {
  await poll();
  setTimeout(keepPolling, 1000);
}

async function leaveMessages() {
  await api("read", { phone: phone() }).catch(() => {});
  await poll();
}

function open(name) {
  const wasReading = !at("panel-messages").hidden;
  for (const each of ["call", "messages"]) {
    at(`panel-${each}`).hidden = each !== name;
    at(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    at(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  // Marked on leaving, so that what is new stays marked while it is looked at.
  if (wasReading && name !== "messages") leaveMessages();
  else poll();
}

async function sendText(event) {
  event.preventDefault();
  if (!ownNumberIsGood()) return;
  try {
    const message = { phone: phone(), to: at("to").value.trim(), text: at("text").value, network: at("network").value };
    await api("text", message);
    at("text").value = "";
    await poll();
  } catch (error) {
    at("text-error").textContent = `${texts.no_network} ${error.message}`;
  }
}

at("compose").addEventListener("submit", sendText);
for (const name of ["call", "messages"]) {
  at(`tab-${name}`).addEventListener("click", () => open(name));
  at(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = name === "call" ? "messages" : "call";
    open(other);
    at(`tab-${other}`).focus();
  });
}
at("own").addEventListener("change", () => {
  ownNumberIsGood();
  state.seen.clear();
  state.ready = false;
  poll();
});
keepPolling();
