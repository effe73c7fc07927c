// What the handset's two views share: its words, its own number, the way to the far side's handset API, and lines of
// text that choose their direction by content. It must not know sessions or messages.

export const body = document.body;
export const texts = JSON.parse(body.dataset.texts);
export const at = (id) => document.getElementById(id);
export const phone = () => at("own").value.trim();

class Trouble extends Error {}

export async function api(path, payload) {
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

export function lines(text) {
  return text.split("\n").map((line) => {
    const p = document.createElement("p");
    p.dir = "auto";
    p.textContent = line;
    return p;
  });
}

export function ownNumberIsGood() {
  const good = /^\+[1-9][0-9]{6,14}$/.test(phone());
  at("own-error").textContent = good ? "" : texts.bad_number;
  at("own").setAttribute("aria-invalid", String(!good));
  return good;
}
