import '@fastify/view';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { localeOf } from '../texts/locale.js';
import { SCRIPT_ADDRESSES, type Script } from './assets.js';
import { type Locale, LOCALES, plainly, type Text, text, type Words } from '../texts/text.js';

/**
 * `card`: one quiet column, for the steps of a flow and for messages. `return`: the same, which follows its `location`
 * by itself. `console`: with navigation and who is logged in.
 */
type Layout = 'card' | 'return' | 'console';

/**
 * A page of ours: its view under `views/`, and the shape of what the view reads. Views are strict: every member must be
 * given.
 */
export interface Page<Model extends { title: Words }> {
  readonly view: string;
  readonly layout: Layout;
  /** Its form ends at a redirect to another site: browsers apply `form-action` to that redirect too. */
  readonly formLeavesSite: boolean;
  /** What makes it better where there is script. */
  readonly script: Script | undefined;
  /** Never present; it carries the type. */
  readonly model?: Model;
}

export function definePage<Model extends { title: Words }>(
  view: string,
  {
    layout = 'card',
    formLeavesSite = false,
    script,
  }: { readonly layout?: Layout; readonly formLeavesSite?: boolean; readonly script?: Script } = {},
): Page<Model> {
  return { view, layout, formLeavesSite, script };
}

const POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
/** What a page with a script may do more: run our own, and ask this server. */
const WITH_SCRIPT = "; script-src 'self'; connect-src 'self'";

/** What a person chose; no secret, and of no use to anybody else. */
export const LOCALE_COOKIE = 'bkend-locale';

/** The language of the page that answers this request. */
export function pageLocale({ cookies, headers }: FastifyRequest): Locale {
  return localeOf(cookies?.[LOCALE_COOKIE], headers['accept-language']);
}

/** Links to the same page in the other languages; not on the answer to a form, which has no address of its own. */
function otherLanguages({ method, url }: FastifyRequest, locale: Locale) {
  if (method !== 'GET') return [];
  return LOCALES.filter((one) => one !== locale).map((one) => ({
    locale: one,
    name: plainly(text('language.other'), one),
    href: `/language/${one}?back=${encodeURIComponent(url)}`,
  }));
}

/**
 * Sends the page, in the language of whoever asks. Pages are never stored by anybody, and belong in nobody's frame (see
 * `response-headers`).
 */
export function renderPage<Model extends { title: Words }>(
  reply: FastifyReply,
  page: Page<Model>,
  model: Model,
  status = 200,
): Promise<unknown> {
  const locale = pageLocale(reply.request);
  const languages = otherLanguages(reply.request, locale);
  const policy = [POLICY, page.script ? WITH_SCRIPT : '', page.formLeavesSite ? '' : "; form-action 'self'"].join('');
  const script = page.script && SCRIPT_ADDRESSES[page.script];
  return reply
    .status(status)
    .header('Cache-Control', 'no-store')
    .header('Content-Security-Policy', policy)
    .view(
      `${page.view}.hbs`,
      { ...model, locale, languages, script },
      { layout: `layouts/${page.layout}.hbs` },
    ) as unknown as Promise<unknown>;
}

/** Where a form goes, and the proof that it came from a page of ours. */
export interface Form {
  readonly action: string;
  readonly csrf: string;
}

/** Something went wrong: what, what to do now, and a code that finds it in the log. Never an echo of the request. */
export interface ErrorModel {
  readonly title: Text;
  readonly explanation: Text;
  readonly advice: Text;
  readonly supportCode: string;
  /** Where the person sees what happened, once they are logged in. */
  readonly attempt: string | undefined;
  readonly link: { readonly label: Text; readonly href: string } | undefined;
  readonly other: ErrorModel['link'];
}

export const ERROR_PAGE = definePage<ErrorModel>('error');
