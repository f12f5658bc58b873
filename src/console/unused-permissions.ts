import { Injectable } from '@nestjs/common';
import { ConnectionUsage } from '../database/repositories/connection-usage.repository.js';
import type { Connection } from '../database/repositories/connections.repository.js';
import type { Scope } from '../oauth/scope.js';
import { Resources } from '../resources/resources.service.js';
import { isObserved } from '../usage/observations.js';
import { UNUSED_MS } from '../usage/periods.js';

/** What connections may change and do not: the same in every list and on the page of each. */
@Injectable()
export class UnusedPermissions {
  constructor(
    private readonly usage: ConnectionUsage,
    private readonly resources: Resources,
  ) {}

  /** By the id of the connection, in the order of the catalogue; those without any are missing. */
  async of(connections: readonly Connection[], now: Date): Promise<ReadonlyMap<string, readonly Scope[]>> {
    const { uri, scopes: catalogue } = this.resources.own;
    // Of calls to other servers only that they were made is known.
    const own = connections.filter(({ resource }) => resource === uri);
    const countingSince = own.length > 0 ? await this.usage.countingSince() : undefined;
    const wanted = own
      .filter((connection) => isObserved(connection, countingSince, now))
      .flatMap(({ id, scopes }) => catalogue.describe(scopes).map((scope) => ({ grantId: id, scope })))
      .filter(({ scope }) => scope.kind === 'change');
    const asked = wanted.map(({ grantId, scope }) => ({ grantId, scope: scope.name }));
    const unused = await this.usage.unused(asked, new Date(now.getTime() - UNUSED_MS));
    const found = new Map<string, Scope[]>();
    for (const [index, { grantId, scope }] of wanted.entries())
      if (unused[index]) found.set(grantId, [...(found.get(grantId) ?? []), scope]);
    return found;
  }
}
