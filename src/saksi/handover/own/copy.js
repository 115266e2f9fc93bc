(() => {
  "use strict";
  const sealed = JSON.parse(document.getElementById("sealed").textContent);
  const words = JSON.parse(document.getElementById("words").textContent);
  const box = document.getElementById("content"), form = document.getElementById("lock");
  const said = document.getElementById("said"), input = document.getElementById("passphrase");
  let lang = document.documentElement.lang, opened = null, idle = 0;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const make = (tag, text, kind) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const leave = () => {
    document.documentElement.hidden = true;
    opened = null;
    document.body.replaceChildren();
    document.title = "";
    location.replace("about:blank");
  };
  const lockAgain = () => {
    opened = null;
    box.replaceChildren();
    box.hidden = true;
    form.hidden = false;
    input.value = "";
  };
  const stillHere = () => {
    clearTimeout(idle);
    idle = setTimeout(lockAgain, sealed.idle_s * 1000);
  };
  const open = async (passphrase) => {
    const secret = new TextEncoder().encode(passphrase.normalize("NFC").trim());
    const base = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
    const kdf = { name: "PBKDF2", hash: "SHA-256", salt: bytes(sealed.salt), iterations: sealed.iterations };
    const key = await crypto.subtle.deriveKey(kdf, base, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const about = new TextEncoder().encode(sealed.format);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(sealed.iv), additionalData: about }, key, bytes(sealed.data));
    return JSON.parse(new TextDecoder().decode(plain));
  };
  const row = (said) => {
    const line = make("div", undefined, "row");
    line.append(make("span", said.when, "when"), make("span", said.who, "who"), make("div", said.text, "said"));
    line.lastChild.dir = "auto";
    return line;
  };
  const show = () => {
    const told = opened[lang];
    box.replaceChildren(make("h1", told.title));
    const card = make("div", undefined, "card");
    told.warning.forEach((text) => card.append(make("p", text)));
    const other = make("button", words.other[lang], "plain"), shut = make("button", words.lock[lang], "plain");
    other.type = shut.type = "button";
    other.addEventListener("click", () => { lang = lang === "id" ? "en" : "id"; document.documentElement.lang = lang; show(); });
    shut.addEventListener("click", lockAgain);
    card.append(other, shut);
    box.append(card);
    for (const section of told.sections) {
      box.append(make("h2", section.title));
      section.paras.forEach((text) => box.append(make("p", text)));
      if (section.items.length) {
        const list = make("ul");
        section.items.forEach((text) => list.append(make("li", text)));
        box.append(list);
      }
    }
    box.append(make("h2", told.messages));
    for (const thread of opened.threads) {
      const part = make("details");
      part.append(make("summary", `${thread.title} (${thread.rows.length})`));
      part.addEventListener("toggle", () => { if (part.open && part.childElementCount === 1) part.append(...thread.rows.map(row)); });
      box.append(part);
    }
    box.append(make("p", told.end));
    box.hidden = false;
    form.hidden = true;
    box.focus();
  };
  document.getElementById("exit").addEventListener("click", leave);
  let presses = 0, last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    presses = event.timeStamp - last < 1500 ? presses + 1 : 1;
    last = event.timeStamp;
    if (presses >= 3) leave();
  });
  ["keydown", "pointerdown", "scroll"].forEach((kind) => document.addEventListener(kind, stillHere, { passive: true }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(window.crypto && crypto.subtle)) { said.textContent = words.too_old.id + " / " + words.too_old.en; return; }
    said.textContent = words.opening.id + " / " + words.opening.en;
    try {
      opened = await open(input.value);
    } catch (error) {
      said.textContent = words.wrong.id + " / " + words.wrong.en;
      said.scrollIntoView({ block: "center" });
      return;
    }
    said.textContent = "";
    input.value = "";
    stillHere();
    show();
  });
  form.hidden = false;
})();
