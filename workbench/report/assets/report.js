"use strict";
(() => {
  const root = document.documentElement;
  const stored = (value) => {
    // Storage may be forbidden for a page opened from disk; the theme then lasts as long as the page.
    try {
      if (value !== undefined) localStorage.setItem("workbench-theme", value);
      return localStorage.getItem("workbench-theme");
    } catch {
      return null;
    }
  };
  if (stored()) root.dataset.theme = stored();

  const themes = () => {
    const button = document.querySelector(".theme");
    const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const show = () => {
      button.textContent = dark() ? "Light" : "Dark";
      button.setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours");
      button.setAttribute("aria-pressed", String(Boolean(root.dataset.theme)));
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      show();
    });
    show();
  };

  const prices = () => {
    const form = document.querySelector(".prices");
    if (!form) return;
    const money = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
    const show = (key, text) => { document.querySelector(`[data-cost="${key}"]`).textContent = text; };
    form.addEventListener("input", () => {
      const value = (name) => Math.max(0, Number(form.elements[name].value) || 0);
      const original = Number(form.dataset.original);
      const compact = Number(form.dataset.compact);
      const shared = Math.max(0, original - compact);
      const hits = Math.min(1, value("hits"));
      const plain = original * value("input");
      const caching = shared * (hits * value("cached") + (1 - hits) * value("input")) + (original - shared) * value("input");
      const tuned = compact * value("tuned");
      const even = (saved) => (saved > 0 ? `${money.format((value("once") / saved) * 1e6)} calls` : "never");
      show("plain", money.format(plain));
      show("caching", money.format(caching));
      show("tuned", money.format(tuned));
      show("against_plain", even(plain - tuned));
      show("against_caching", even(caching - tuned));
    });
    form.addEventListener("submit", (event) => event.preventDefault());
  };

  const cases = () => {
    const form = document.querySelector(".filters");
    if (!form) return;
    const items = [...document.querySelectorAll(".cases > li")];
    const found = form.querySelector(".found");
    const none = document.querySelector(".none");
    const texts = new Map();
    const textOf = (item) => {
      if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
      return texts.get(item);
    };
    let here = null;
    const shown = () => items.filter((item) => !item.hidden);
    const fits = (item, want) =>
      (!want.state || item.dataset.state === want.state) &&
      (!want.behaviour || (item.dataset.behaviour || form.dataset.heldout) === want.behaviour) &&
      (!want.slice || item.dataset.slice === want.slice) &&
      (!want.rule || (item.dataset.rules || "").split(" ").includes(want.rule)) &&
      (!want.text || textOf(item).includes(want.text));
    const apply = () => {
      const want = Object.fromEntries(["state", "behaviour", "slice", "rule", "text"].map((name) => [name, form.elements[name]?.value ?? ""]));
      want.text = want.text.trim().toLowerCase();
      for (const item of items) item.hidden = !fits(item, want);
      const count = shown().length;
      found.textContent = count === items.length ? `${count} cases` : `${count} of ${items.length} cases`;
      none.hidden = count > 0;
    };
    const point = (item, { open }) => {
      if (here) here.classList.remove("here");
      here = item;
      item.classList.add("here");
      const details = item.querySelector("details");
      if (open) details.open = true;
      details.querySelector("summary").focus({ preventScroll: true });
      item.scrollIntoView({ block: open ? "start" : "nearest" });
    };
    const step = (by) => {
      const list = shown();
      if (!list.length) return;
      const at = list.indexOf(here);
      const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by));
      point(list[next], { open: Boolean(here && at >= 0 && here.querySelector("details").open) });
    };
    const follow = () => {
      let name = location.hash.slice(1);
      try { name = decodeURIComponent(name); } catch { return; }
      if (!name.startsWith("case-")) return;
      const item = document.getElementById(name);
      if (!item) return;
      if (item.hidden) { form.reset(); apply(); }
      point(item, { open: true });
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", follow);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-rule]");
      if (!link) return;
      form.reset();
      form.elements.rule.value = link.dataset.rule;
      if (form.elements.rule.value !== link.dataset.rule) form.elements.rule.value = "";
      apply();
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, select, textarea");
      if (event.key === "Escape" && typing) { typing.blur(); return; }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "j") step(1);
      else if (event.key === "k") step(-1);
      else if (event.key === "/") { event.preventDefault(); form.elements.text.focus(); }
    });
    apply();
    follow();
  };

  document.addEventListener("DOMContentLoaded", () => { themes(); prices(); cases(); });
})();
