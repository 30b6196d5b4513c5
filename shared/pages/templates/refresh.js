(() => {
  "use strict";
  const EVERY = 60_000;
  const trouble = document.getElementById("trouble");
  let last = Date.now();

  // What a reader has done to the page must survive its renewal.
  function renew(fresh) {
    const main = document.getElementById("page");
    const open = [...main.querySelectorAll("details[open]")].map((each) => each.id);
    const links = [...main.querySelectorAll("a, button, summary, select")];
    const focused = links.indexOf(document.activeElement);
    const href = focused >= 0 && links[focused].getAttribute("href");
    for (const id of open) fresh.querySelector(`details#${id}`)?.setAttribute("open", "");
    main.replaceChildren(...fresh.querySelector("main").childNodes);
    document.title = fresh.title;
    document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").getAttribute("href");
    if (focused < 0) return;
    const now = [...main.querySelectorAll("a, button, summary, select")];
    const same = now[focused]?.getAttribute("href") === href ? now[focused] : now.find((each) => each.getAttribute("href") === href);
    same?.focus({ preventScroll: true });
  }

  async function refresh() {
    // Nobody looks, or somebody is choosing from the form just now.
    if (document.hidden || document.activeElement?.closest("form")) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
      last = Date.now();
      trouble.textContent = "";
    } catch {
      const minutes = Math.round((Date.now() - last) / EVERY);
      trouble.textContent = `This page could not be refreshed: what it shows is ${minutes} min old. It will be tried again.`;
    }
  }

  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - last > EVERY) refresh();
  });
})();
