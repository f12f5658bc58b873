import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { normalizedTarget } from '../../../src/http/request-target.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());

/** The answer to one request, as it came. */
async function answerTo(request: string): Promise<string> {
  const { hostname, port, host } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  socket.end(`${request} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  await once(socket, 'close');
  return answer;
}

describe('a request target', () => {
  it.each([
    ['/mcp/oauth/token', '/mcp/oauth/token'],
    ['/', '/'],
    ['/?a=/%74#b', '/?a=/%74'],
    ['*', '*'],
    ['/mcp/', '/mcp'],
    ['/mcp/?a=b/', '/mcp?a=b/'],
    ['/mcp/oauth/%74oken?a=%74', '/mcp/oauth/token?a=%74'],
    ['/%6Dcp', '/mcp'],
    ['/%6dcp#x?y', '/mcp'],
    ['/mcp%2Foauth%3F%25%c3%a4', '/mcp%2Foauth%3F%25%c3%a4'],
    ['/%', '/%'],
    ['/%zz', '/%zz'],
    ['http://other.example/mcp?a', '/mcp?a'],
    ['HTTPS://other.example', '/'],
    ['http://other.example?a=b', '/?a=b'],
  ])('%s is %s', (target, normalized) => {
    expect(normalizedTarget(target)).toBe(normalized);
    expect(normalizedTarget(normalized)).toBe(normalized);
  });

  it.each(['/mcp/oauth/%74oken', '/mcp/oauth/token/', '/mcp/oauth/token#x', 'http://other.example/mcp/oauth/token'])(
    'the token endpoint answers as itself at %s',
    async (target) => {
      const answer = await answerTo(`POST ${target}`);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).toMatch(/^access-control-allow-origin: \*\r$/im);
      expect(answer).toMatch(/^content-type: application\/json/im);
    },
  );

  it('the MCP endpoint asks for a token before it reads, however it is spelt', async () => {
    const { status } = await fetch(`${server.origin}/%6dcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(status).toBe(401);
  });
});
