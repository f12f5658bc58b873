import type { ToolIdentity } from '../clients/tool-identity.js';
import type { Moment } from '../http/moment.js';
import { definePage, type Form } from '../http/page.js';
import type { PasskeyForm } from '../http/passkey-form.js';
import type { Text, Words } from '../texts/text.js';

/** The tool that asks. Where its answer goes is not known before its request was read. */
export type AskingTool = Omit<ToolIdentity, 'redirectHost'>;

export interface LoginModel {
  readonly title: Text;
  readonly tool: AskingTool;
  readonly form: Form;
  readonly passkey: PasskeyForm | undefined;
  readonly email: string;
  readonly notice: Text | undefined;
  /** What was wrong with the attempt before, in a sentence. */
  readonly failure: Text | undefined;
  readonly forgotPassword: string;
  /** Where to make an account, when anybody may. */
  readonly signUp: string | undefined;
}
export const LOGIN_PAGE = definePage<LoginModel>('authorization/login', { script: 'passkeys' });

export interface OrganizationModel {
  readonly title: Text;
  readonly tool: AskingTool;
  /** E-mail address of who is logged in. */
  readonly person: string;
  /** "Not you?": a form that logs out and begins again with this very request. */
  readonly notYou: Form;
  /** Choosing one: field "organization". */
  readonly form: Form;
  readonly organizations: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: Text;
    readonly members: Text;
    readonly checked: boolean;
  }[];
  /** To find one by its name, when they do not all fit on a page. */
  readonly search: { readonly action: string; readonly request: string; readonly words: string } | undefined;
  readonly more: string | undefined;
  /** Where all of them begin, when this is not there. */
  readonly first: string | undefined;
  /** Making one: field "name". */
  readonly create: Form;
  readonly newName: string;
  readonly failure: Text | undefined;
  /** The client is trusted: nobody is asked again, what is pressed here is the answer. */
  readonly answers: boolean;
}
export const ORGANIZATION_PAGE = definePage<OrganizationModel>('authorization/organization', {
  formLeavesSite: true,
  script: 'deliberate',
});

/** Something a person can permit. */
export interface Permission {
  readonly name: string;
  readonly sentence: Words;
  readonly example: Words | undefined;
  /** It changes or deletes things. */
  readonly changes: boolean;
  /** It can be taken away. */
  readonly optional: boolean;
  /** It is about staying connected, and lets a tool do nothing else. */
  readonly stays: boolean;
}

export interface ApprovalPermission extends Permission {
  /** The tool has others already, and not this one. */
  readonly isNew: boolean;
}

export interface ApprovalModel {
  readonly title: Text;
  readonly tool: ToolIdentity;
  readonly person: string;
  readonly notYou: Form;
  readonly organization: { readonly name: string; readonly role: Text; readonly change: string };
  /** Another server that the tool will work with; undefined for this one. */
  readonly resource: { readonly name: string; readonly uri: string } | undefined;
  /** Its name looks like that of a tool an administrator registered, and it is not that tool. */
  readonly imitates: boolean;
  /**
   * Since when it is known here, and how many people use it, or at least use it; undefined when nobody has approved it
   * before.
   */
  readonly use: { readonly since: string; readonly people: number; readonly more: 'yes' | 'no' } | undefined;
  /** The redirect leads to a program on this computer, which could be any program. */
  readonly loopback: boolean;
  /** The redirect opens an application by its scheme. */
  readonly application: boolean;
  /** Fields "scope" (ticked) and "decision" (`approve` or `deny`). */
  readonly form: Form;
  readonly permissions: readonly ApprovalPermission[];
  /** What the tool asked for and the organization does not allow. */
  readonly withheld: readonly Words[];
  /** How long the connection lives without use, in days. */
  readonly days: number;
}
export const APPROVAL_PAGE = definePage<ApprovalModel>('authorization/approve', {
  formLeavesSite: true,
  script: 'deliberate',
});

/** Around a person who needs the organization's answer first. */
interface AskingModel {
  readonly title: Text;
  readonly tool: AskingTool;
  readonly organization: string;
  readonly person: string;
  readonly notYou: Form;
  /** The address of this page, which leads on when there is an answer. */
  readonly here: string;
  /** To select another organization. */
  readonly change: string;
}

export interface AskModel extends AskingModel {
  readonly failure: Text | undefined;
  /** Field "reason". */
  readonly form: Form;
  readonly reason: string;
  readonly longest: number;
  /** Where whoever decides here adds a rule, and needs to ask nobody. */
  readonly addRule: string | undefined;
}
export const ASK_PAGE = definePage<AskModel>('authorization/ask', { script: 'live' });

export interface WaitingModel extends AskingModel {
  readonly since: Moment;
  /** As long as the tool waits. */
  readonly until: Moment;
  /** As long as an answer can come. */
  readonly over: Moment;
}
export const WAITING_PAGE = definePage<WaitingModel>('authorization/waiting', { script: 'live' });

/** After the answer, where the browser cannot be seen to have followed: an application's own scheme. */
export interface ReturnModel {
  readonly title: Text;
  readonly tool: AskingTool;
  readonly approved: boolean;
  /** The redirect URI with the answer. The page follows it by itself, and offers it as a link. */
  readonly location: string;
}
export const RETURN_PAGE = definePage<ReturnModel>('authorization/return', { layout: 'return' });
