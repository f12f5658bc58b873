import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Pool } from 'pg';

const SOCKET = '.s.PGSQL.5432';

/**
 * Lets a command-line tool use the embedded database beside the running server. The engine has one session, so a guest
 * comes in only while this server's single connection is checked out and idle: never two at work at once.
 */
export class GuestDoor {
  private constructor(private readonly server: Server) {}

  static async open(pool: Pool, socketFolder: string, guestFolder: string): Promise<GuestDoor> {
    const server = createServer((guest) => void admit(guest, pool, socketFolder));
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(join(guestFolder, SOCKET), resolve),
    );
    return new GuestDoor(server);
  }

  close(): void {
    this.server.close();
  }
}

async function admit(guest: Socket, pool: Pool, socketFolder: string): Promise<void> {
  guest.on('error', () => guest.destroy()).pause();
  try {
    const held = await pool.connect();
    const engine = connect(join(socketFolder, SOCKET));
    const done = () => {
      guest.destroy();
      engine.destroy();
    };
    engine.on('error', done);
    guest.once('close', done);
    engine.once('close', () => {
      done();
      held.release();
    });
    guest.pipe(engine).pipe(guest);
  } catch {
    guest.destroy();
  }
}
