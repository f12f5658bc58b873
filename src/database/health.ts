import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** One answer is good for this long, so that asking often costs nothing. */
const REMEMBERED_MS = 1_000;

@Injectable()
export class Health {
  private asked?: { readonly at: number; readonly answer: Promise<boolean> };

  constructor(private readonly dataSource: DataSource) {}

  /** Whether the database answers a query. */
  isReady(): Promise<boolean> {
    const now = performance.now();
    if (!this.asked || now - this.asked.at > REMEMBERED_MS) this.asked = { at: now, answer: this.ask() };
    return this.asked.answer;
  }

  private async ask(): Promise<boolean> {
    try {
      await this.dataSource.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }
}
