import { HttpBrowser } from './http-browser.js';
import { type Answer, OAuthClient, postForm, REDIRECT_URI, type Registered } from './oauth-client.js';

let tools = 0;

/** A tool as it is seen from outside: a program with a name of its own in every request, and the browser it opens. */
export class Tool {
  readonly name = `Tool ${++tools}`;
  readonly agent = { 'user-agent': `tool-${tools}/1.0` };
  readonly browser = new HttpBrowser({ 'user-agent': `Browser of tool ${tools}` });
  client!: OAuthClient;

  constructor(readonly origin: string) {}

  /** Asks without a token, reads both metadata documents, and registers. */
  async discover(metadata: Record<string, unknown> = {}): Promise<this> {
    await this.callMcp(undefined);
    for (const name of ['oauth-protected-resource', 'oauth-authorization-server'])
      await fetch(`${this.origin}/.well-known/${name}/mcp`, { headers: this.agent });
    const { json } = await this.register(metadata);
    this.client = new OAuthClient(this.origin, json as unknown as Registered);
    return this;
  }

  async register(metadata: Record<string, unknown> = {}): Promise<Answer> {
    const response = await fetch(`${this.origin}/mcp/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.agent },
      body: JSON.stringify({ client_name: this.name, redirect_uris: [REDIRECT_URI], ...metadata }),
    });
    return answerOf(response);
  }

  /** Uses the MCP endpoint. */
  async callMcp(
    token: string | undefined,
    { method = 'tools/list', params = {}, headers = {}, query = '' } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.origin}/mcp${query}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-06-18',
        ...this.agent,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return {
      status: response.status,
      headers: response.headers,
      json: (await response.json().catch(() => ({}))) as never,
    };
  }

  exchange(code: string, changes: Record<string, string | undefined> = {}): Promise<Answer> {
    return this.client.exchange(code, changes, this.agent);
  }

  refresh(token: string, changes: Record<string, string | undefined> = {}): Promise<Answer> {
    return this.client.refresh(token, changes, this.agent);
  }

  token(parameters: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return postForm(`${this.origin}/mcp/oauth/token`, parameters, { ...this.agent, ...headers });
  }
}

async function answerOf(response: Response): Promise<Answer> {
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, unknown>,
  };
}
