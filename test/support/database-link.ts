import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire between a server and its PostgreSQL that a test can disturb. */
export class DatabaseLink {
  private readonly pairs = new Set<[Socket, Socket]>();
  private silent = false;
  private cut = false;

  private constructor(
    /** The database, through this wire. */
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async to(databaseUrl: string): Promise<DatabaseLink> {
    const target = new URL(databaseUrl);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const through = new URL(databaseUrl);
    through.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const link = new DatabaseLink(through.href, server);
    server.on('connection', (near) => link.join(near, connect(Number(target.port), target.hostname)));
    return link;
  }

  /** What the database answers from now on arrives nowhere; what it is asked still arrives. */
  swallowAnswers(): void {
    this.silent = true;
  }

  /** Connections there are carry nothing any more and nobody says so, as when a firewall forgot them; new ones work. */
  forget(): void {
    for (const [near, far] of this.pairs) [near, far].forEach((socket) => socket.removeAllListeners('data').resume());
  }

  /** The database is away: connections end, and new ones too. */
  sever(): void {
    this.cut = true;
    for (const [near, far] of this.pairs) [near, far].forEach((socket) => socket.destroy());
  }

  mend(): void {
    this.cut = false;
    this.silent = false;
  }

  close(): void {
    this.sever();
    this.server.close();
  }

  private join(near: Socket, far: Socket): void {
    const pair: [Socket, Socket] = [near, far];
    const end = () => {
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    if (this.cut) return end();
    this.pairs.add(pair);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => this.silent || near.write(chunk));
  }
}
