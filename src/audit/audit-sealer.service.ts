import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { repeat } from '../config/repeat.js';
import { AT_ONCE, AuditChain } from '../database/repositories/audit-chain.repository.js';
import { Sealing } from '../sealing/sealing.service.js';
import { linkedText } from './linked-text.js';

const EVERY_MS = 1_000;

/**
 * Seals the audit log behind the acts: each second one node appends what was written to a chain of MACs. Acts wait for
 * nothing and never for one another; whoever changes the log later, also in the database itself, breaks the chain.
 */
@Injectable()
export class AuditSealer implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('AuditSealer');
  private stop?: () => void;

  constructor(
    private readonly chain: AuditChain,
    private readonly sealing: Sealing,
  ) {}

  onModuleInit(): void {
    this.stop = repeat(
      EVERY_MS,
      () => this.sealAll(),
      (error) => this.logger.warn(`The audit log could not be sealed: ${error.message}`),
    );
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  private async sealAll(): Promise<void> {
    // What came meanwhile has time until the next second: to look costs the same for one event as for many.
    while (this.stop && (await this.seal()) === AT_ONCE);
  }

  private seal(): Promise<number> {
    return this.chain.append((before, event) => this.sealing.mac('audit-chain', linkedText(before, event)));
  }
}
