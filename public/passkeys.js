/*
 * Passkeys, where the browser has them: a form marked `data-passkey` (what the browser is asked, as JSON) is shown, and
 * sent once the browser has answered. `data-new`: a passkey is made, not used. `data-autofill`: it is offered among the
 * saved log-ins too, but not while somebody uses the button. A challenge is good for five minutes, so a new one is taken
 * from `data-page` before that is over. What went wrong is said by the `data-failure` of that error, else by the one of none.
 */
const OFFER_EVERY = 240_000;
/** Less, or an offer that comes a moment early would keep the challenge it has. */
const FRESH_FOR = 120_000;
const can = (method) => typeof globalThis.PublicKeyCredential?.[method] === 'function';

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const making = 'new' in form.dataset;
  if (!can(making ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON')) continue;
  form.hidden = false;
  for (const other of document.querySelectorAll('[data-without-passkey]')) other.hidden = true;
  let since = Date.now();
  let waiting;
  let pressed = false;

  const renew = async () => {
    const response = await fetch(form.dataset.page, { headers: { Accept: 'text/html' }, cache: 'no-store' });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    form.dataset.passkey = page.querySelector('form[data-passkey]').dataset.passkey;
    since = Date.now();
  };
  const answer = async (mediation) => {
    waiting?.abort();
    waiting = new AbortController();
    const { signal } = waiting;
    if (Date.now() - since > FRESH_FOR) await renew();
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
    if (pressed || !('autofill' in form.dataset)) return;
    try {
      if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await answer({ mediation: 'conditional' });
    } catch {
      // Nobody chose one: the form for the password is there.
    }
  };
  const showFailure = (name) => {
    const failures = [...form.querySelectorAll('[data-failure]')];
    const shown = failures.find(({ dataset }) => dataset.failure === name) ?? failures.at(-1);
    for (const failure of failures) failure.hidden = name === undefined || failure !== shown;
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    pressed = true;
    showFailure();
    try {
      await answer();
    } catch ({ name }) {
      // Given up for the next press: nothing has failed.
      if (name === 'AbortError') return;
      pressed = false;
      showFailure(name);
      offer();
    }
  });
  offer();
  setInterval(offer, OFFER_EVERY);
}
