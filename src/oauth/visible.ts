/** A value as JSON, of whatever somebody sent: what is nested too deeply for that is not told. */
export function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'none';
  } catch {
    return '…';
  }
}

/**
 * Text of somebody else as one line: signs that command a terminal, hide, or turn the direction of writing are spelt
 * out.
 */
export function visible(text: string, most: number): string {
  const short = text.length > most ? `${text.slice(0, most)}…` : text;
  return short
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}
