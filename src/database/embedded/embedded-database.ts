import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { StartupError } from '../database-error.js';
import { DataFolderLock, type LockHolder } from './data-folder-lock.js';

/**
 * PostgreSQL in this process (PGlite), kept in a folder and served to the ordinary driver over a Unix socket in a 0700
 * folder. The socket's folder is a short path below the temporary folder, since a socket's path may have 107
 * characters.
 */
export class EmbeddedDatabase {
  private constructor(
    /** What the driver takes as its host. */
    readonly socketFolder: string,
    /** Where command-line tools connect; `GuestDoor` listens there. */
    readonly guestFolder: string,
    private readonly engine: PGlite,
    private readonly server: PGLiteSocketServer,
    private readonly lock: DataFolderLock,
  ) {}

  /** Throws `StartupError` when another process has the folder open. */
  static async open(dataDir: string): Promise<EmbeddedDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'bkend-'));
    const guestFolder = join(folder, 'guest');
    mkdirSync(guestFolder, { mode: 0o700 });
    const lock = acquire(dataDir, guestFolder);
    if (!(lock instanceof DataFolderLock)) {
      rmSync(folder, { recursive: true, force: true });
      throw new StartupError(
        `The data folder ${dataDir} is already in use by process ${lock.pid}. Stop that one, or set DATA_DIR to another folder.`,
      );
    }
    const engine = await PGlite.create(join(dataDir, 'database')).catch((error: unknown) => {
      lock.release();
      rmSync(folder, { recursive: true, force: true });
      throw new StartupError(
        `The database in ${dataDir} cannot be opened: ${(error as Error).message}. Restore it from a backup, or set DATA_DIR to another folder.`,
        { cause: error },
      );
    });
    const server = new PGLiteSocketServer({ db: engine, path: join(folder, '.s.PGSQL.5432'), maxConnections: 2 });
    const database = new EmbeddedDatabase(folder, guestFolder, engine, server, lock);
    try {
      await server.start();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.engine.close();
    rmSync(this.socketFolder, { recursive: true, force: true });
    this.lock.release();
  }
}

function acquire(dataDir: string, guestFolder: string): DataFolderLock | LockHolder {
  try {
    return DataFolderLock.acquire(dataDir, guestFolder);
  } catch (error) {
    throw new StartupError(
      `The data folder ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code}). Set DATA_DIR to a folder this user may write.`,
      { cause: error },
    );
  }
}
