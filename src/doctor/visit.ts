const PATIENCE_MS = 10_000;
/** What tools send with their requests for discovery. */
const PROTOCOL = { 'mcp-protocol-version': '2025-06-18' };

/** An answer, or why there is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON object of the body; undefined when it is none, or not called so. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** A request that was not answered. `code`: of the system or of TLS, or `timeout`. */
export class NoAnswer extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One request, as a tool makes it: no redirect is followed, no cookie sent, ten seconds waited. Throws `NoAnswer`. */
export async function visit(url: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...PROTOCOL, ...(init.headers as Record<string, string>) };
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { ...init, headers, redirect: 'manual', signal });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: jsonOf(response, text) };
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string; message?: string } };
    throw new NoAnswer(
      name === 'TimeoutError' ? 'timeout' : (cause?.code ?? 'unknown'),
      cause?.message ?? (error as Error).message,
    );
  }
}

function jsonOf({ headers }: Response, text: string): Answer['json'] {
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(headers.get('content-type') ?? '')) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
