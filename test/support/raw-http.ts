import { connect } from 'node:net';

/** Sends bytes as they are and returns everything that came back until the server closed or fell silent. */
export function rawHttp(origin: string, bytes: string, { silence = 500 } = {}): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    let timer = setTimeout(done, 5_000);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(done, silence);
    });
    socket.on('error', done).on('close', done);
  });
}

/** The status of the first answer; 0 when there was none. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
