import { Module } from '@nestjs/common';
import { AuditPages } from './audit-pages.js';
import { AccountPage } from './account/account-page.js';
import { DeleteAccountController } from './account/delete-account.controller.js';
import { EmailController } from './account/email.controller.js';
import { AccountController } from './account/account.controller.js';
import { ResetPasswordController } from './account/reset-password.controller.js';
import { SignUpController } from './account/sign-up.controller.js';
import { OwnAttemptsController } from './attempts/own-attempts.controller.js';
import { ConnectionPage } from './connection-page.js';
import { ConnectionRows } from './connection-rows.js';
import { ConnectionsController } from './connections.controller.js';
import { LanguageController } from './language.controller.js';
import { LoginController } from './login.controller.js';
import { AuditController } from './members/audit.controller.js';
import { EndConnectionsController } from './members/end-connections.controller.js';
import { InvitationController } from './members/invitation.controller.js';
import { OrganizationAttemptsController } from './members/organization-attempts.controller.js';
import { OrganizationConnectionsController } from './members/organization-connections.controller.js';
import { MemberRemovalController } from './members/member-removal.controller.js';
import { MembersController } from './members/members.controller.js';
import { MembersPage } from './members/members-page.js';
import { AttemptsController } from './operator/attempts.controller.js';
import { AccessController } from './policy/access.controller.js';
import { ServerAuditController } from './operator/audit.controller.js';
import { PolicyController } from './policy/policy.controller.js';
import { RequiredFactorController } from './policy/required-factor.controller.js';
import { UsageController } from './members/usage.controller.js';
import { AllOrganizationsController } from './operator/organizations.controller.js';
import { ClientActsController } from './operator/client-acts.controller.js';
import { ClientsController } from './operator/clients.controller.js';
import { Confirmations } from './operator/confirmations.js';
import { HealthController } from './operator/health.controller.js';
import { KeysController } from './operator/keys.controller.js';
import { OutboxController } from './operator/outbox.controller.js';
import { PeopleController } from './operator/people.controller.js';
import { PersonActsController } from './operator/person-acts.controller.js';
import { ResourceActsController } from './operator/resource-acts.controller.js';
import { ResourceScopesController } from './operator/resource-scopes.controller.js';
import { ResourcesController } from './operator/resources.controller.js';
import { SettingsController } from './operator/settings.controller.js';
import { StorageController } from './operator/storage.controller.js';
import { OrganizationsController } from './organizations.controller.js';
import { OverviewController } from './overview.controller.js';
import { DeletedProjectsController } from './deleted-projects.controller.js';
import { ProjectsController } from './projects.controller.js';
import { SecondFactorController } from './second-factor.controller.js';
import { AuthenticatorController } from './security/authenticator.controller.js';
import { PasskeysController } from './security/passkeys.controller.js';
import { SecurityController } from './security/security.controller.js';
import { SecurityPages } from './security/security-pages.js';
import { SetupController } from './setup.controller.js';
import { PolicyForm } from './policy/policy-form.js';
import { PolicyPage } from './policy/policy-page.js';
import { PolicyWords } from './policy/policy-words.js';
import { RehearsalController } from './policy/rehearsal.controller.js';
import { RehearsalPage } from './policy/rehearsal-page.js';
import { Shells } from './shells.js';
import { StepUpController } from './step-up.controller.js';
import { UnusedPermissions } from './unused-permissions.js';

@Module({
  controllers: [
    AccessController,
    AccountController,
    AllOrganizationsController,
    DeleteAccountController,
    HealthController,
    KeysController,
    EmailController,
    EndConnectionsController,
    AttemptsController,
    AuditController,
    AuthenticatorController,
    ClientActsController,
    ClientsController,
    InvitationController,
    LanguageController,
    LoginController,
    SetupController,
    OverviewController,
    MemberRemovalController,
    MembersController,
    OrganizationAttemptsController,
    OrganizationConnectionsController,
    OrganizationsController,
    OutboxController,
    PeopleController,
    PersonActsController,
    OwnAttemptsController,
    ConnectionsController,
    PasskeysController,
    PolicyController,
    DeletedProjectsController,
    ProjectsController,
    RehearsalController,
    RequiredFactorController,
    ResetPasswordController,
    ResourceScopesController,
    ResourcesController,
    ResourceActsController,
    SecondFactorController,
    SecurityController,
    ServerAuditController,
    SignUpController,
    SettingsController,
    StepUpController,
    StorageController,
    UsageController,
  ],
  providers: [
    AccountPage,
    AuditPages,
    Confirmations,
    ConnectionPage,
    ConnectionRows,
    MembersPage,
    UnusedPermissions,
    PolicyForm,
    PolicyPage,
    PolicyWords,
    RehearsalPage,
    SecurityPages,
    Shells,
  ],
})
export class ConsoleModule {}
