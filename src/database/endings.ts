import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type EntitySubscriberInterface, type TransactionCommitEvent } from 'typeorm';

/**
 * Says which grants ended at this node, once that is for good. Every statement that ends grants says so here, so no act
 * that has one can forget it.
 */
@Injectable()
export class Endings implements EntitySubscriberInterface {
  private hear: (grantIds: readonly string[]) => void = () => undefined;

  constructor(dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  /** Who hears of them from now on. */
  follow(hear: (grantIds: readonly string[]) => void): void {
    this.hear = hear;
  }

  tell(grantIds: readonly string[]): void {
    this.hear(grantIds);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    this.tell(endedIn(queryRunner));
  }
}

/** These grants have ended when the transaction has. */
export function noteEnded({ queryRunner }: EntityManager, grants: readonly { readonly id: string }[]): void {
  queryRunner!.data['ended'] = [...endedIn(queryRunner!), ...grants.map(({ id }) => id)];
}

function endedIn({ data }: { data: Record<string, unknown> }): readonly string[] {
  return (data['ended'] as readonly string[] | undefined) ?? [];
}
