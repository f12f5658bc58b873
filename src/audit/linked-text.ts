/** What a link's MAC is over: the MAC before it, and the event. */
export function linkedText(before: Buffer, event: string): string {
  return `${before.toString('base64url')} ${event}`;
}
