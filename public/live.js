/*
 * Keeps what is marked `data-live="<seconds>"` as new as the server's own page, without reloading: the element of the
 * same id is taken from a fresh copy of this address. It waits while somebody types or the page is hidden, and goes where
 * the server sends it when the page is over.
 */
for (const element of document.querySelectorAll('[data-live]')) {
  const seconds = Number(element.dataset.live);
  const refresh = async () => {
    const busy = document.hidden || element.contains(document.activeElement);
    if (!busy) {
      try {
        const response = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' });
        if (response.redirected && new URL(response.url).pathname !== location.pathname)
          return location.assign(response.url);
        const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById(element.id);
        if (fresh && fresh.innerHTML !== element.innerHTML) element.replaceChildren(...fresh.childNodes);
      } catch {
        // The server is away for a moment: what is shown stays.
      }
    }
    setTimeout(refresh, seconds * 1000);
  };
  setTimeout(refresh, seconds * 1000);
}
