import { createHash, randomBytes } from 'node:crypto';
import { HttpBrowser, type WebPage } from './http-browser.js';
import type { Person } from './people.js';
import { watch } from './watch.js';

/** JSON of an answer, with its status and headers. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export interface Registered {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly redirect_uris: string[];
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
}

export const REDIRECT_URI = 'http://127.0.0.1:53682/callback';

/** A well-behaved client, step by step: each method is one request or one walk through the pages. */
export class OAuthClient {
  readonly verifier = watch.keep(randomBytes(32).toString('base64url'));
  readonly state = `state ${randomBytes(8).toString('hex')} &=%+`;

  constructor(
    readonly origin: string,
    readonly registered: Registered,
    /** Which node of a server it talks to. */
    readonly address = origin,
  ) {}

  static async register(origin: string, metadata: Record<string, unknown> = {}): Promise<OAuthClient> {
    const { status, json } = await postJson(`${origin}/mcp/oauth/register`, {
      client_name: 'Test Tool',
      redirect_uris: [REDIRECT_URI],
      ...metadata,
    });
    if (status !== 201) throw new Error(`registration failed: ${JSON.stringify(json)}`);
    return new OAuthClient(origin, json as unknown as Registered);
  }

  /** The same registration with a new verifier and state: another connection. */
  again(): OAuthClient {
    return new OAuthClient(this.origin, this.registered, this.address);
  }

  /** This very client, at another node of the server. */
  at(address: string): OAuthClient {
    return Object.assign(new OAuthClient(this.origin, this.registered, address), {
      verifier: this.verifier,
      state: this.state,
    });
  }

  get resource(): string {
    return `${this.origin}/mcp`;
  }

  /** `changes`: parameters to add or replace; undefined takes one away. */
  authorizeUrl(changes: Record<string, string | undefined> = {}): string {
    const parameters: Record<string, string | undefined> = {
      response_type: 'code',
      client_id: this.registered.client_id,
      redirect_uri: this.registered.redirect_uris[0],
      state: this.state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: this.resource,
      ...changes,
    };
    return `${this.address}/mcp/oauth/authorize?${new URLSearchParams(given(parameters))}`;
  }

  /** Log in and select the organization; stops at the approval page. */
  async toApproval(
    person: Person,
    { browser = new HttpBrowser(), parameters = {} as Record<string, string | undefined> } = {},
  ): Promise<{ browser: HttpBrowser; page: WebPage }> {
    let page = await browser.get(this.authorizeUrl(parameters));
    if (page.url.includes('/authorize/login'))
      page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
    page = await browser.submit(page, 'Continue', { organization: person.organizationId });
    return { browser, page };
  }

  /** Everything a person does; the answer the tool receives. */
  async authorize(
    person: Person,
    options: {
      browser?: HttpBrowser;
      parameters?: Record<string, string | undefined>;
      decision?: 'Approve' | 'Deny';
      form?: Record<string, string | undefined>;
    } = {},
  ): Promise<URLSearchParams> {
    const { browser, page } = await this.toApproval(person, options);
    const answer = await browser.submit(page, options.decision ?? 'Approve', options.form);
    if (!answer.leftTo) throw new Error(`no redirect, but ${answer.status} ${answer.html}`);
    return new URL(answer.leftTo).searchParams;
  }

  async code(person: Person, options: Parameters<OAuthClient['authorize']>[1] = {}): Promise<string> {
    const answer = await this.authorize(person, options);
    const code = answer.get('code');
    if (!code) throw new Error(`no code: ${answer}`);
    return code;
  }

  exchange(
    code: string,
    changes: Record<string, string | undefined> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.token(
      {
        grant_type: 'authorization_code',
        code,
        code_verifier: this.verifier,
        redirect_uri: this.registered.redirect_uris[0],
        resource: this.resource,
        ...changes,
      },
      headers,
    );
  }

  refresh(
    refreshToken: string,
    changes: Record<string, string | undefined> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...changes }, headers);
  }

  revoke(token: string, changes: Record<string, string | undefined> = {}): Promise<Answer> {
    return this.post('/mcp/oauth/revoke', { token, ...changes });
  }

  /** From nothing to tokens. */
  async connect(person: Person, options: Parameters<OAuthClient['authorize']>[1] = {}): Promise<Tokens> {
    const { status, json } = await this.exchange(await this.code(person, options));
    if (status !== 200) throw new Error(`exchange failed: ${JSON.stringify(json)}`);
    return json as unknown as Tokens;
  }

  private token(parameters: Record<string, string | undefined>, headers: Record<string, string>): Promise<Answer> {
    return this.post('/mcp/oauth/token', parameters, headers);
  }

  private post(
    path: string,
    parameters: Record<string, string | undefined>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { client_id, client_secret } = this.registered;
    return postForm(this.address + path, given({ client_id, client_secret, ...parameters }), headers);
  }
}

/** One JSON-RPC request at the MCP endpoint, as the 2025 revisions send it. */
export async function callMcp(
  origin: string,
  token: string | undefined,
  method = 'tools/list',
  params: Record<string, unknown> = {},
): Promise<Answer> {
  const response = await fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const text = await response.text();
  const json = text.startsWith('event:') || text.startsWith('data:') ? text.match(/^data: (.*)$/m)![1]! : text || '{}';
  return { status: response.status, headers: response.headers, json: JSON.parse(json) as Record<string, unknown> };
}

export async function postForm(
  url: string,
  parameters: Record<string, string> | URLSearchParams | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString();
  return answerOf(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    }),
  );
}

export async function postJson(url: string, body: unknown): Promise<Answer> {
  return answerOf(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

function given(parameters: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
