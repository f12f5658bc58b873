import '@fastify/view';
import type { FastifyReply } from 'fastify';

/**
 * `card`: one quiet column, for the steps of a flow and for messages. `return`: the same, which follows its `location` by
 * itself. `console`: with navigation and who is logged in.
 */
type Layout = 'card' | 'return' | 'console';

/** A page of ours: its view under `views/`, and the shape of what the view reads. Views are strict: every member must be given. */
export interface Page<Model extends { title: string }> {
  readonly view: string;
  readonly layout: Layout;
  /** Its form ends at a redirect to another site: browsers apply `form-action` to that redirect too. */
  readonly formLeavesSite: boolean;
  /** Never present; it carries the type. */
  readonly model?: Model;
}

export function definePage<Model extends { title: string }>(
  view: string,
  { layout = 'card' as Layout, formLeavesSite = false } = {},
): Page<Model> {
  return { view, layout, formLeavesSite };
}

const POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/** Sends the page. Pages are never stored by anybody, and belong in nobody's frame (see `app.setup`). */
export function renderPage<Model extends { title: string }>(
  reply: FastifyReply,
  page: Page<Model>,
  model: Model,
  status = 200,
): Promise<unknown> {
  return reply
    .status(status)
    .header('Cache-Control', 'no-store')
    .header('Content-Security-Policy', page.formLeavesSite ? POLICY : `${POLICY}; form-action 'self'`)
    .view(`${page.view}.hbs`, model, { layout: `layouts/${page.layout}.hbs` }) as unknown as Promise<unknown>;
}

/** Where a form goes, and the proof that it came from a page of ours. */
export interface Form {
  readonly action: string;
  readonly csrf: string;
}

/** Something went wrong: what, what to do now, and a code that finds it in the log. Never an echo of the request. */
export interface ErrorModel {
  readonly title: string;
  readonly explanation: string;
  readonly advice: string;
  readonly supportCode: string;
  readonly link: { readonly label: string; readonly href: string } | undefined;
}

export const ERROR_PAGE = definePage<ErrorModel>('error');
