import { createServer, type IncomingMessage, request, type RequestOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a proxy does to a request on its way: headers to change, or an answer of its own. */
export type Meddling = (
  incoming: IncomingMessage,
  answer: ServerResponse,
) => { readonly headers?: Record<string, string | undefined>; readonly path?: string } | 'answered';

/** A proxy before a server, which can meddle. */
export class ReverseProxy {
  meddle: Meddling = () => ({});
  /** What is behind it. */
  target = '';

  private constructor(
    readonly origin: string,
    readonly close: () => void,
  ) {}

  static async start(): Promise<ReverseProxy> {
    const server = createServer((incoming, answer) => proxy.pass(incoming, answer));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    const proxy = new ReverseProxy(`http://127.0.0.1:${port}`, close);
    return proxy;
  }

  private pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const meddled = this.meddle(incoming, answer);
    if (meddled === 'answered') return;
    const url = new URL(meddled.path ?? incoming.url!, this.target);
    const headers = { ...incoming.headers, ...meddled.headers } as RequestOptions['headers'];
    const onward = request(url, { method: incoming.method, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}
