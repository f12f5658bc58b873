import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who holds a data folder, and where its guests connect. */
export interface LockHolder {
  readonly pid: number;
  readonly guestFolder: string;
}

/**
 * The right to open a data folder, held by one process: the embedded engine itself does not refuse a second one.
 * A lock whose process is gone (kill -9, power loss) is taken over.
 */
export class DataFolderLock {
  private constructor(private readonly file: string) {}

  /** The lock, or who holds it. */
  static acquire(dataDir: string, guestFolder: string): DataFolderLock | LockHolder {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = fileIn(dataDir);
    const me = JSON.stringify({ pid: process.pid, guestFolder } satisfies LockHolder);
    for (;;) {
      try {
        writeFileSync(file, me, { flag: 'wx', mode: 0o600 });
        return new DataFolderLock(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = DataFolderLock.holderOf(dataDir);
      if (holder) return holder;
      removeDead(file);
    }
  }

  /** The living process that holds this folder. */
  static holderOf(dataDir: string): LockHolder | undefined {
    try {
      const holder = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as LockHolder;
      return isAlive(holder.pid) ? holder : undefined;
    } catch {
      return undefined;
    }
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}

/**
 * Renaming is atomic: of two processes that find the same dead lock, one gets it out of the way; a living one is put
 * back.
 */
function removeDead(file: string): void {
  const dead = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, dead);
    if (isAlive((JSON.parse(readFileSync(dead, 'utf8')) as LockHolder).pid)) renameSync(dead, file);
    else rmSync(dead);
  } catch (error) {
    if (error instanceof SyntaxError) rmSync(dead);
    else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

const fileIn = (dataDir: string) => join(dataDir, 'server.lock');

/** A process of this id that is running, and is not this one: in a container every start can have the same id. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
