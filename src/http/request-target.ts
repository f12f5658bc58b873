/** What there is another spelling of: of nearly every target there is none. */
const UNUSUAL = /^[^/]|#|^[^?]*%|.\/(?:\?|$)/;
/** RFC 3986 §2.3. */
const UNRESERVED = /[\w.~-]/;

/**
 * A request target (RFC 9112 §3.2) in the spelling the router will serve it by, so that nobody decides by another:
 * origin form, without fragment and trailing slash, and nothing encoded that need not be (RFC 3986 §6.2.2.2).
 */
export function normalizedTarget(target: string): string {
  if (!UNUSUAL.test(target)) return target;
  const [originForm] = target.replace(/^https?:\/\/[^/?#]*/i, '').split('#', 1);
  const [path, ...query] = originForm!.split('?');
  const plain = path!.replace(/%[2-7][\dA-F]/gi, (encoded) => {
    const character = decodeURIComponent(encoded);
    return UNRESERVED.test(character) ? character : encoded;
  });
  return [plain.replace(/\/$/, '') || '/', ...query].join('?');
}
