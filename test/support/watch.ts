/** What came back from the server, for the invariants that hold after every test. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const SECRET_MEMBERS = ['access_token', 'refresh_token', 'client_secret'];

/**
 * Sees every request of a test file: what the server answered, which secrets it gave out, what it logged. Made once a
 * file; `server.close()` then asserts the invariants over all of it.
 */
class Watch {
  readonly seen: Seen[] = [];
  readonly secrets = new Set<string>();
  readonly logged: string[] = [];
  /** Values a test put into headers that must not come back. */
  readonly injected = new Set<string>();
  /** Whether the server may answer 5xx now: the test has broken something. */
  faultsExpected = false;
  readonly unexpectedFailures: string[] = [];

  constructor() {
    const fetchIt = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      const response = await fetchIt(input, init);
      const body = await response.clone().text();
      this.note({
        method: init?.method ?? 'GET',
        url: String(input),
        status: response.status,
        headers: response.headers,
        body,
      });
      return response;
    };
  }

  keep(secret: string): string {
    if (secret.length >= 16) this.secrets.add(secret);
    return secret;
  }

  private note(answer: Seen): void {
    this.seen.push(answer);
    if (answer.status >= 500 && !this.faultsExpected)
      this.unexpectedFailures.push(`${answer.method} ${answer.url}: ${answer.status} ${answer.body}`);
    for (const line of answer.headers.getSetCookie()) this.keep(line.slice(line.indexOf('=') + 1).split(';', 1)[0]!);
    const code = /[?&]code=([^&]+)/.exec(answer.headers.get('location') ?? '')?.[1];
    if (code) this.keep(code);
    if (!answer.headers.get('content-type')?.includes('json') || answer.body === '') return;
    try {
      const json = JSON.parse(answer.body) as Record<string, unknown>;
      for (const name of SECRET_MEMBERS) if (typeof json[name] === 'string') this.keep(json[name]);
    } catch {
      // not JSON after all: the test will say so
    }
  }
}

export const watch = new Watch();
