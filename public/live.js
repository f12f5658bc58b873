/*
 * Keeps what is marked `data-live="<seconds>"` as new as the server's own page, without reloading: the element of the
 * same id is taken from a fresh copy of this address. It waits while the page is hidden, and while somebody is in it: has
 * the focus there, marks words, or has opened something. The server is told that nobody clicked. It goes where the server sends it when the page is over.
 */
for (const element of document.querySelectorAll('[data-live]')) {
  const seconds = Number(element.dataset.live);
  const busy = () => {
    const marked = getSelection();
    return (
      document.hidden ||
      element.contains(document.activeElement) ||
      element.querySelector('details[open]') !== null ||
      (marked !== null && !marked.isCollapsed && marked.containsNode(element, true))
    );
  };
  const refresh = async () => {
    if (!busy()) {
      try {
        const response = await fetch(location.href, {
          headers: { Accept: 'text/html', 'X-Requested-By': 'page' },
          cache: 'no-store',
        });
        if (response.redirected && new URL(response.url).pathname !== location.pathname)
          return location.assign(response.url);
        if (response.ok && !busy()) replace(await response.text());
      } catch {
        // The server is away for a moment: what is shown stays.
      }
    }
    setTimeout(refresh, seconds * 1000);
  };
  const replace = (html) => {
    const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById(element.id);
    if (!fresh || busy() || fresh.innerHTML === element.innerHTML) return;
    element.replaceChildren(...fresh.childNodes);
  };
  setTimeout(refresh, seconds * 1000);
}
