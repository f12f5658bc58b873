import type { CDPSession, Page } from 'playwright-core';

/** A device that keeps passkeys, in Chromium itself: its owner's finger is there, or is not (WebAuthn §11). */
export class PasskeyDevice {
  private constructor(
    private readonly session: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  /** The one of this page: it knows whoever touches it. */
  static async of(page: Page): Promise<PasskeyDevice> {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    });
    return new PasskeyDevice(session, authenticatorId);
  }

  /** Whether somebody touches it when it asks; whatever asks now is answered too. */
  async touched(enabled: boolean): Promise<void> {
    const { session, authenticatorId } = this;
    await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  }

  /** Whether it knows who touches it. */
  async knowsItsOwner(isUserVerified: boolean): Promise<void> {
    const { session, authenticatorId } = this;
    await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  }

  /** How many passkeys are on it. */
  async passkeys(): Promise<number> {
    const { session, authenticatorId } = this;
    return (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length;
  }
}
