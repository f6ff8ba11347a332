"use strict";
(() => {
  const form = document.getElementById("decide");
  if (!form) return;
  const text = document.getElementById("text");
  const checks = document.getElementById("checks");
  const keys = document.getElementById("keys");
  const click = (action) => form.querySelector(`button[value="${action}"]`).click();
  let timer = 0;
  let asked = 0;

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 250);
  });

  async function look() {
    const number = ++asked;
    const body = new URLSearchParams({ id: form.elements.id.value, csrf: form.elements.csrf.value, text: text.value, masked: form.elements.masked.value, settle: form.elements.settle?.value ?? "" });
    const answer = await fetch("/check", { method: "POST", body });
    if (!answer.ok || number !== asked) return;
    const told = await answer.json();
    checks.replaceChildren(...told.map((one) => {
      const line = document.createElement("li");
      line.className = one.label;
      const mark = document.createElement("span");
      mark.textContent = { pass: "✓", fail: "✗" }[one.label] || "?";
      mark.setAttribute("aria-hidden", "true");
      const name = document.createElement("b");
      name.textContent = ` ${one.rule} `;
      const why = document.createElement("small");
      why.textContent = one.detail || one.text;
      line.append(mark, name, why);
      return line;
    }));
  }

  function turn(asked) {
    const choices = [...asked.querySelectorAll("input")];
    const at = choices.findIndex((one) => one.checked);
    choices[(at + 1) % choices.length].checked = true;
    asked.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    const typing = document.activeElement.matches("textarea, input:not([type=radio])");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      click("edit");
    } else if (event.key === "Enter" && document.activeElement.type === "text") {
      event.preventDefault();
      document.activeElement.blur();
    } else if (event.key === "Escape" && typing) {
      document.activeElement.blur();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && !keys.open) {
      const asked = form.querySelector(`[data-ask="${CSS.escape(event.key)}"]`);
      const does = asked ? () => turn(asked) : {
        a: () => click("accept"),
        r: () => click("reject"),
        s: () => click("later"),
        u: () => document.getElementById("undo").requestSubmit(),
        e: () => text.focus(),
        t: () => form.elements.tags.focus(),
        "?": () => keys.showModal(),
      }[event.key];
      if (does) {
        event.preventDefault();
        does();
      }
    }
  });
})();
