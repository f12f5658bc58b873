import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { Endings } from './endings.js';
import { openDatabase, type OpenDatabase } from './open-database.js';
import { AllOrganizations } from './repositories/all-organizations.repository.js';
import { Approvals } from './repositories/approvals.repository.js';
import { AuditChain } from './repositories/audit-chain.repository.js';
import { AttemptSteps } from './repositories/attempt-steps.repository.js';
import { AuditLog } from './repositories/audit-log.repository.js';
import { AuditEvents } from './repositories/audit-events.repository.js';
import { Connections } from './repositories/connections.repository.js';
import { ConnectionUsage } from './repositories/connection-usage.repository.js';
import { DeletedProjects } from './repositories/deleted-projects.repository.js';
import { GrantFailures } from './repositories/grant-failures.repository.js';
import { Grants } from './repositories/grants.repository.js';
import { Invitations } from './repositories/invitations.repository.js';
import { KnownClients } from './repositories/known-clients.repository.js';
import { Memberships } from './repositories/memberships.repository.js';
import { OrganizationConnections } from './repositories/organization-connections.repository.js';
import { Organizations } from './repositories/organizations.repository.js';
import { StoredPasskeys } from './repositories/passkeys.repository.js';
import { People } from './repositories/people.repository.js';
import { Policies } from './repositories/policies.repository.js';
import { Rehearsals } from './repositories/rehearsals.repository.js';
import { Projects } from './repositories/projects.repository.js';
import { AccessRequests } from './repositories/access-requests.repository.js';
import { RequiredFactors } from './repositories/required-factors.repository.js';
import { RateLimitStore } from './rate-limit-store.js';
import { StoredFactors } from './repositories/second-factors.repository.js';
import { Sessions } from './repositories/sessions.repository.js';
import { SigningKeys } from './repositories/signing-keys.repository.js';
import { Storage } from './repositories/storage.repository.js';
import { StoredClients } from './repositories/stored-clients.repository.js';
import { StoredResources } from './repositories/stored-resources.repository.js';
import { Sweeps } from './repositories/sweeps.repository.js';
import { UserStanding } from './repositories/user-standing.repository.js';
import { Users } from './repositories/users.repository.js';
import { Health } from './health.js';
import { endSilentConnections } from './silence.js';
import { Statements } from './statements.js';

const OPEN_DATABASE = Symbol('the open database');
const REPOSITORIES = [
  AccessRequests,
  AllOrganizations,
  Approvals,
  AttemptSteps,
  AuditChain,
  AuditEvents,
  AuditLog,
  Connections,
  ConnectionUsage,
  DeletedProjects,
  Endings,
  GrantFailures,
  Grants,
  Health,
  Invitations,
  KnownClients,
  Memberships,
  OrganizationConnections,
  Organizations,
  People,
  Policies,
  Rehearsals,
  Projects,
  RateLimitStore,
  RequiredFactors,
  Sessions,
  SigningKeys,
  Storage,
  StoredClients,
  StoredFactors,
  StoredPasskeys,
  StoredResources,
  Sweeps,
  UserStanding,
  Users,
];

@Injectable()
class DatabaseLifetime implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await closers.get(this.dataSource)?.();
  }
}

const closers = new WeakMap<DataSource, () => Promise<void>>();

@Global()
@Module({
  providers: [
    { provide: OPEN_DATABASE, inject: [Config], useFactory: (config: Config) => openDatabase(config) },
    {
      provide: DataSource,
      inject: [OPEN_DATABASE, Config],
      useFactory: ({ dataSource, close }: OpenDatabase, { databaseUrl }: Config) => {
        closers.set(dataSource, close);
        // The embedded one is in this process: it is away when this is, and nobody waits then.
        if (databaseUrl) endSilentConnections(dataSource);
        return dataSource;
      },
    },
    DatabaseLifetime,
    Statements,
    ...REPOSITORIES,
  ],
  exports: REPOSITORIES,
})
export class DatabaseModule {}
