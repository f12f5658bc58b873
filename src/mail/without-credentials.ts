/** What a mail server said, without what it was given to log in with: some quote it. */
export function withoutCredentials(
  said: string,
  { user = '', pass = '' }: { user?: string; pass?: string } = {},
): string {
  if (pass === '') return said;
  // AUTH PLAIN has both in one (RFC 4616 §2); a URL has it as such.
  return [base64(`\0${user}\0${pass}`), base64(pass), encodeURIComponent(pass), pass].reduce(
    (words, one) => words.replaceAll(one, '•••'),
    said,
  );
}

const base64 = (words: string) => Buffer.from(words).toString('base64');
