(() => {
  "use strict";
  const at = (id) => document.getElementById(id);
  const show = at("show");
  let token = "";

  // The code leaves the address bar, and with it the history, before anything else is done.
  function take() {
    const found = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    if (found) token = found;
    at("ask").hidden = !token;
    show.disabled = !token;
    if (!token) {
      complain("The code of your link is not here: it is there only when the link is opened. If you have not seen your password yet, open the link once more; otherwise ask for a new one.");
    }
  }

  function complain(text) {
    at("problem").textContent = text;
    at("problem").hidden = false;
  }

  function ask(path, code) {
    return fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: code }),
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
  }

  async function reveal() {
    show.disabled = true;
    at("problem").hidden = true;
    try {
      const answer = await ask("/api/reveal", token);
      const body = await answer.json();
      if (answer.ok) return shown(body);
      complain(`${body.error.message} ${body.error.fix}`);
      show.disabled = answer.status === 410;
      at("ask").hidden = answer.status === 410;
    } catch {
      complain("No answer came. Try it once more; if the link is gone then, ask for a new one.");
      show.disabled = false;
    }
  }

  function shown(login) {
    at("ask").hidden = true;
    at("shown").hidden = false;
    for (const name of ["registry", "username", "password"]) at(name).textContent = login[name];
    place(login.loginServer, login.username);
    at("title").focus();
    follow(login, token);
  }

  // Azure names the server while the registry is made.
  function place(server, username) {
    if (!server) return;
    at("line").textContent = `docker login ${server} -u ${username} --password-stdin`;
    at("command").hidden = false;
  }

  async function follow(login, code) {
    let operation = login.operation;
    at("progress").textContent = "Activating…";
    for (let failures = 0; !["Succeeded", "Failed", "Canceled"].includes(operation.status); ) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * (1 + failures)));
      try {
        const answer = await ask("/api/reveal/status", code);
        if (answer.status === 410) break;
        if (!answer.ok) throw new Error(String(answer.status));
        const body = await answer.json();
        operation = body.operation;
        place(body.loginServer, login.username);
        failures = 0;
      } catch {
        failures = Math.min(failures + 1, 29);
      }
      if (code !== token) return;
    }
    at("progress").textContent = operation.status === "Succeeded"
      ? "✓ Ready. You can log in."
      : `The registry has not confirmed it. Ask an operator to look at operation ${operation.id}.`;
  }

  async function copy(button) {
    const text = at(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.textContent);
      at("said").textContent = "Copied.";
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; at("said").textContent = ""; }, 2000);
    } catch {
      getSelection().selectAllChildren(text);
      at("said").textContent = "It is selected: copy it with your keyboard.";
    }
  }

  show.addEventListener("click", reveal);
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copy(button));
  }
  addEventListener("hashchange", () => {
    if (!location.hash) return;
    at("password").textContent = "";
    at("shown").hidden = at("problem").hidden = true;
    take();
  });
  addEventListener("pagehide", () => { at("password").textContent = ""; });
  take();
})();
