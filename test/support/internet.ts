import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type RequestOptions, type Server } from 'node:https';
import { generate } from 'selfsigned';
import { Outbound } from '../../src/config/outbound.js';

/** An address of the public internet that nobody here reaches: connections to it end at the test's own server. */
export const PUBLIC = '93.184.216.34';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The internet of a test: its own names, addresses and certificate authority, and a web server behind every public
 * address. Connections to any other address are counted as escapes and refused.
 */
export class Internet extends Outbound {
  /** What each name resolves to, call by call; the last answer stays. */
  readonly names = new Map<string, string[][]>();
  readonly pages = new Map<string, Answer>();
  readonly asked: { host: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  readonly escapes: string[] = [];
  /** Names whose servers never answer. */
  readonly silent = new Set<string>();
  /** Addresses where nobody listens. */
  readonly deserted = new Set<string>();

  private constructor(
    private readonly server: Server,
    private readonly certificate: string,
  ) {
    super();
  }

  static async open(hosts: readonly string[]): Promise<Internet> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: hosts[0]! }], {
      keySize: 2048,
      extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
    } as Parameters<typeof generate>[1]);
    const server = createServer({ cert, key });
    const internet = new Internet(server, cert);
    for (const host of hosts) internet.names.set(host, [[PUBLIC]]);
    server.on('request', (incoming, response) => internet.answer(incoming, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return internet;
  }

  /** Publishes JSON at this URL. */
  publish(url: string, document: unknown, headers: Record<string, string> = {}): void {
    this.serve(url, (_, response) => {
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
    });
  }

  serve(url: string, answer: Answer): void {
    const { host, pathname } = new URL(url);
    this.pages.set(host + pathname, answer);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  override async addresses(host: string): Promise<string[]> {
    if (this.silent.has(host)) await new Promise<never>(() => undefined);
    const answers = this.names.get(host);
    if (!answers) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return answers.length > 1 ? answers.shift()! : answers[0]!;
  }

  override request(address: string, options: RequestOptions): ClientRequest {
    if (address !== PUBLIC && !this.deserted.has(address)) this.escapes.push(address);
    const port = this.deserted.has(address) ? 1 : (this.server.address() as { port: number }).port;
    return request({ ...options, host: '127.0.0.1', port, agent: false, ca: this.certificate });
  }

  private answer(incoming: IncomingMessage, response: ServerResponse): void {
    const [host, path] = [incoming.headers.host ?? '', incoming.url ?? ''];
    this.asked.push({ host, path, headers: incoming.headers });
    const page = this.pages.get(host + path);
    if (page) page(incoming, response);
    else response.writeHead(404).end();
  }
}
