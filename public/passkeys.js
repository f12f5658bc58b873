/*
 * Passkeys, where the browser has them: a form marked `data-passkey` (what the browser is asked, as JSON) is shown, and
 * sent once the browser has answered. `data-new`: a passkey is made, not used. `data-autofill`: it is offered among the
 * saved log-ins too. A challenge is good for five minutes, so a new one is taken from `data-page` before that is over.
 */
const FRESH_FOR = 240_000;
const can = (method) => typeof globalThis.PublicKeyCredential?.[method] === 'function';

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const making = 'new' in form.dataset;
  if (!can(making ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON')) continue;
  form.hidden = false;
  for (const other of document.querySelectorAll('[data-without-passkey]')) other.hidden = true;
  const failure = form.querySelector('[data-failure]');
  let since = Date.now();
  let waiting;

  const fresh = async () => {
    if (Date.now() - since < FRESH_FOR || !form.dataset.page) return;
    const response = await fetch(form.dataset.page, { headers: { Accept: 'text/html' }, cache: 'no-store' });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const again = page.querySelector('form[data-passkey]');
    if (again) form.dataset.passkey = again.dataset.passkey;
    since = Date.now();
  };
  const answer = async (mediation) => {
    waiting?.abort();
    waiting = new AbortController();
    const { signal } = waiting;
    await fresh();
    const asked = JSON.parse(form.dataset.passkey);
    const credential = making
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked),
          signal,
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked),
          signal,
          ...mediation,
        });
    form.elements.passkey.value = JSON.stringify(credential.toJSON());
    form.submit();
  };
  const offer = async () => {
    try {
      if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await answer({ mediation: 'conditional' });
    } catch {
      // Nobody chose one: the form for the password is there.
    }
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    failure.hidden = true;
    try {
      await answer();
    } catch {
      failure.hidden = false;
    }
  });
  if ('autofill' in form.dataset) {
    offer();
    setInterval(offer, FRESH_FOR);
  }
}
