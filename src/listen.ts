import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * What another address of a host may lack without harm: `localhost` has two, and not every machine speaks both
 * families.
 */
const NOT_OF_THIS_MACHINE = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** When the server ends, what is under way is answered within this time, or not at all: nobody can hold it up. */
const ANSWERED_WITHIN_MS = 10_000;

/** Listens on every address of a host, since whoever connects to `localhost` may take any. */
export async function listen(app: NestFastifyApplication, port: number, host: string): Promise<void> {
  const addresses = await lookup(host, { all: true });
  await listenOn(
    app,
    port,
    addresses.map(({ address }) => address),
  );
}

/** The first address is the server's own; what connects to the others is handed to it. */
export async function listenOn(
  app: NestFastifyApplication,
  port: number,
  [first, ...others]: readonly string[],
): Promise<void> {
  const server = app.getHttpServer() as Server;
  const beside: NetServer[] = [];
  const letGo = closerOf(server);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', (done: () => void) => {
      for (const one of beside) one.close();
      letGo();
      done();
    });
  await app.listen(port, first!);
  const { port: taken } = server.address() as AddressInfo;
  for (const address of others) {
    const one = createServer((socket) => server.emit('connection', socket)).listen(taken, address);
    try {
      await once(one, 'listening');
      beside.push(one);
    } catch (error) {
      if (!NOT_OF_THIS_MACHINE.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

/**
 * Ends the connections that wait for no answer, which Node takes for busy until their first request has come (browsers
 * keep some in store); the rest when they were answered, or had time enough for it.
 */
function closerOf(server: Server): () => void {
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return () => {
    for (const socket of silent) socket.destroy();
    server.keepAliveTimeout = 1;
    setTimeout(() => server.closeAllConnections(), ANSWERED_WITHIN_MS).unref();
  };
}
