import { ownText, type Text } from '../texts/text.js';

/** What the act before a redirect did. The query names one; nothing of the query is ever shown. */
export function noticeOf(done: unknown): Text | undefined {
  return typeof done === 'string' ? ownText(`done.${done}`) : undefined;
}
