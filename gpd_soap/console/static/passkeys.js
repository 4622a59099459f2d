// Makes and uses passkeys: asks the server what to sign, the device to sign it, and sends the form.
(() => {
  "use strict";
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    const failed = form.querySelector("[data-failed]");
    form.addEventListener("submit", async (event) => {
      const answer = form.elements.answer;
      if (answer.value) return;
      event.preventDefault();
      failed.hidden = true;
      try {
        const begun = await fetch(form.dataset.begin, { method: "POST" });
        if (!begun.ok) {
          if (form.dataset.instead) location.assign(form.dataset.instead);
          throw new Error(await begun.text());
        }
        const options = await begun.json();
        const made = form.dataset.passkey === "get"
          ? await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
          : await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
        answer.value = JSON.stringify(made.toJSON());
        form.submit();
      } catch {
        failed.textContent = failed.dataset.failed;
        failed.hidden = false;
      }
    });
  }
})();
