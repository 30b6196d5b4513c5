(() => {
  "use strict";

  // A link's token stands behind the #, where no server, log or preview sees it. It becomes a cookie, and leaves the address.
  function arrive() {
    const token = location.hash.slice(1);
    if (!location.pathname.startsWith("/api/status") || !/^\.?[\w-]+\.[\w-]+$/.test(token)) return;
    const to = location.pathname + location.search;
    history.replaceState(null, "", to);
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/api/status";
    form.hidden = true;
    for (const [name, value] of Object.entries({ token, to })) {
      const field = document.createElement("input");
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }

  addEventListener("hashchange", arrive);
  arrive();
})();
