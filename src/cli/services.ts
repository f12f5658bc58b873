import { Passwords } from '../accounts/passwords.js';
import { FirstOperator } from '../accounts/first-operator.service.js';
import { AuditVerifier } from '../audit/audit-verifier.service.js';
import { DynamicClients } from '../clients/dynamic-clients.js';
import { RegisteredClients } from '../clients/registered-clients.js';
import { actingFrom, COMMAND_LINE } from '../config/acting-from.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { openDatabaseBeside } from '../database/open-database.js';
import { AttemptSteps } from '../database/repositories/attempt-steps.repository.js';
import { AuditChain } from '../database/repositories/audit-chain.repository.js';
import { StoredFactors } from '../database/repositories/second-factors.repository.js';
import { Organizations } from '../database/repositories/organizations.repository.js';
import { SigningKeys } from '../database/repositories/signing-keys.repository.js';
import { StoredResources } from '../database/repositories/stored-resources.repository.js';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import { UserStanding } from '../database/repositories/user-standing.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import { PassingStatements } from '../database/statements.js';
import { Mailer } from '../mail/mailer.service.js';
import { Outbox } from '../mail/outbox.js';
import { KeyRing } from '../jwt/key-ring.js';
import { Attempts } from '../recorder/attempts.service.js';
import { DeclaredResources } from '../resources/declared-resources.js';
import { Sealing } from '../sealing/sealing.service.js';
import { loadSecrets } from '../sealing/secrets.js';

/** What the commands work with. */
export interface Services {
  readonly clock: Clock;
  readonly users: Users;
  readonly standing: UserStanding;
  readonly secondFactors: StoredFactors;
  readonly organizations: Organizations;
  readonly passwords: Passwords;
  readonly firstOperator: FirstOperator;
  readonly keys: KeyRing;
  readonly dynamicClients: DynamicClients;
  readonly registeredClients: RegisteredClients;
  readonly storedClients: StoredClients;
  readonly declaredResources: DeclaredResources;
  readonly storedResources: StoredResources;
  readonly attempts: Attempts;
  readonly auditVerifier: AuditVerifier;
  readonly mailer: Mailer;
  readonly config: Config;
}

/** Opens the database, beside the running server if there is one, does the work, and closes it again. */
export function withServices<T>(work: (services: Services) => Promise<T>): Promise<T> {
  return actingFrom(COMMAND_LINE, () => opened(work));
}

async function opened<T>(work: (services: Services) => Promise<T>): Promise<T> {
  const config = Config.fromProcess();
  const { dataSource, close } = await openDatabaseBeside(config);
  try {
    const clock = new Clock();
    const sealing = new Sealing(loadSecrets(config), clock);
    const users = new Users(dataSource);
    const passwords = new Passwords();
    const keys = new KeyRing(new SigningKeys(dataSource), sealing, config, clock);
    const firstOperator = new FirstOperator(users, passwords, sealing, config, clock);
    const storedResources = new StoredResources(dataSource);
    const storedClients = new StoredClients(dataSource, new PassingStatements(dataSource));
    return await work({
      clock,
      users,
      standing: new UserStanding(dataSource),
      secondFactors: new StoredFactors(dataSource),
      organizations: new Organizations(dataSource),
      passwords,
      firstOperator,
      keys,
      dynamicClients: new DynamicClients(sealing, clock),
      registeredClients: new RegisteredClients(storedClients, clock),
      storedClients,
      declaredResources: new DeclaredResources(storedResources, config, clock),
      storedResources,
      attempts: new Attempts(new AttemptSteps(dataSource, new PassingStatements(dataSource)), clock),
      auditVerifier: new AuditVerifier(new AuditChain(dataSource), sealing, clock),
      mailer: new Mailer(new Outbox(clock), config),
      config,
    });
  } finally {
    await close();
  }
}
