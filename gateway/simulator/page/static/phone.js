// The handset in the browser: what the citizen presses goes to the far side's handset API, what comes back is drawn.
// It keeps one session id and no menu logic.
"use strict";

const body = document.body;
const texts = JSON.parse(body.dataset.texts);
const at = (id) => document.getElementById(id);
const phone = () => at("own").value.trim();
const state = { session: null, busy: false, seen: new Set(), shownAs: "", ready: false };

class Trouble extends Error {}

async function api(path, payload) {
  const options = payload && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(payload),
  };
  let reply;
  try {
    reply = await fetch(`${body.dataset.api}/${path}`, options);
  } catch {
    throw new Trouble("the gateway is not running");
  }
  const answer = await reply.json().catch(() => ({ error: `HTTP ${reply.status}` }));
  if (!reply.ok) throw new Trouble(answer.error || `HTTP ${reply.status}`);
  return answer;
}

function rightToLeft(text) {
  const strong = text.match(/\p{L}/u);
  return strong !== null && /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(strong[0]);
}

function lines(text) {
  return text.split("\n").map((line) => {
    const p = document.createElement("p");
    p.dir = "auto";
    p.textContent = line;
    return p;
  });
}

function show({ text, units = 0, limit = 0, detail = "", idle = false }) {
  at("shown").replaceChildren(...lines(text));
  at("shown").className = `shown ${rightToLeft(text) ? "right" : "left"}`;
  at("screen").classList.toggle("idle", idle);
  at("detail").textContent = detail;
  at("units").textContent = limit ? `${units}/${limit}` : "";
  at("units").classList.toggle("full", units > limit);
}

function showIdle() {
  show({ text: texts.idle.replace("{code}", body.dataset.code), idle: true });
}

function draw() {
  const open = state.session !== null;
  at("entry-label").textContent = open ? texts.reply : texts.dial;
  at("go").textContent = open ? texts.send : texts.call;
  at("stop").textContent = open ? texts.cancel : texts.clear;
  for (const id of ["go", "stop"]) at(id).disabled = state.busy;
  at("own").disabled = at("network").disabled = open || state.busy;
  at("operator").textContent = at("network").selectedOptions[0].textContent;
}

function prepareEntry(value) {
  at("entry").value = value;
  // On a touch screen, focusing would raise the keyboard over the keypad.
  if (matchMedia("(pointer: fine)").matches && !at("panel-call").hidden) at("entry").focus();
  at("entry").select();
}

function received(answer) {
  state.session = answer.kind === "CON" ? answer.session : null;
  if (answer.kind === "ERROR") {
    show({ text: texts.mmi, detail: answer.detail });
  } else {
    show({ ...answer, detail: answer.cut ? `${texts.cut} ${answer.units}/${answer.limit}` : "" });
  }
  prepareEntry(state.session ? "" : body.dataset.code);
}

async function exchange(call) {
  if (state.busy) return;
  state.busy = true;
  draw();
  show({ text: texts.running });
  try {
    received(await call());
  } catch (error) {
    state.session = null;
    show({ text: texts.no_network, detail: error.message });
    prepareEntry(body.dataset.code);
  } finally {
    state.busy = false;
    draw();
  }
}

function ownNumberIsGood() {
  const good = /^\+[1-9][0-9]{6,14}$/.test(phone());
  at("own-error").textContent = good ? "" : texts.bad_number;
  at("own").setAttribute("aria-invalid", String(!good));
  return good;
}

function go(event) {
  event.preventDefault();
  const entered = at("entry").value;
  if (state.session !== null) {
    exchange(() => api("reply", { session: state.session, input: entered }));
  } else if (ownNumberIsGood()) {
    exchange(() => api("dial", { phone: phone(), code: entered.trim(), network: at("network").value }));
  }
}

async function stop() {
  if (state.busy) return;
  const session = state.session;
  state.session = null;
  if (session === null) {
    showIdle();
    prepareEntry("");
  } else {
    show({ text: texts.closed });
    prepareEntry(body.dataset.code);
    draw();
    await api("hangup", { session }).catch((error) => show({ text: texts.closed, detail: error.message }));
  }
  draw();
}

function type(key) {
  const entry = at("entry");
  entry.setRangeText(key, entry.selectionStart, entry.selectionEnd, "end");
}

function erase() {
  const entry = at("entry");
  const start = entry.selectionStart === entry.selectionEnd ? Math.max(entry.selectionStart - 1, 0) : entry.selectionStart;
  entry.setRangeText("", start, entry.selectionEnd, "end");
}

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

at("entry-form").addEventListener("submit", go);
at("stop").addEventListener("click", stop);
at("erase").addEventListener("click", erase);
at("compose").addEventListener("submit", sendText);
at("keypad").addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]");
  if (key) type(key.dataset.key);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !at("panel-call").hidden) stop();
});
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
at("network").addEventListener("change", draw);
showIdle();
prepareEntry(body.dataset.code);
draw();
keepPolling();
