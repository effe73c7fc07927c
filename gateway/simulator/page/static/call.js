// The call view: dials, shows screens, replies, hangs up. It keeps one session id and no menu logic.

import { api, at, body, lines, ownNumberIsGood, phone, texts } from "./handset.js";

const state = { session: null, busy: false };

function rightToLeft(text) {
  const strong = text.match(/\p{L}/u);
  return strong !== null && /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(strong[0]);
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

at("entry-form").addEventListener("submit", go);
at("stop").addEventListener("click", stop);
at("erase").addEventListener("click", erase);
at("keypad").addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]");
  if (key) type(key.dataset.key);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !at("panel-call").hidden) stop();
});
at("network").addEventListener("change", draw);
showIdle();
prepareEntry(body.dataset.code);
draw();
