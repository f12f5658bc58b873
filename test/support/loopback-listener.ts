import { createServer } from 'node:http';

/** What a tool on this computer runs while it waits for its answer (RFC 8252 §7.3). */
export interface LoopbackListener {
  readonly redirectUri: string;
  /** The parameters of the next answer. */
  next(): Promise<URLSearchParams>;
  close(): void;
}

export async function listenOnLoopback(): Promise<LoopbackListener> {
  const arrived: URLSearchParams[] = [];
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end('<!doctype html><title>Test Tool</title><h1>Connected</h1>');
    if (pathname !== '/callback') return;
    arrived.push(searchParams);
    wake();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as { port: number }).port}/callback`,
    async next() {
      while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return arrived.shift()!;
    },
    close: () => server.close(),
  };
}
