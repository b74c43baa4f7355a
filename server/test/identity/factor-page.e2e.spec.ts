import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import jsqr from 'jsqr';
import { Secret, TOTP } from 'otpauth';
import type { Locator } from 'playwright-core';
import { describeInBrowser } from '../browser/support/browser.js';
import { PASSWORD, PlaygroundWorld } from '../browser/support/playground-world.js';

/** The package is CommonJS: what is imported is the function, whatever its types say under NodeNext. */
const jsQR = jsqr as unknown as typeof jsqr.default;

/** What a phone reads off it. */
async function readQrCode(code: Locator): Promise<string | undefined> {
  const { size, pixels } = await code.evaluate((svg: SVGSVGElement) => {
    const scale = 4;
    const size = svg.viewBox.baseVal.width * scale;
    const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size });
    const context = canvas.getContext('2d')!;
    context.fillStyle = getComputedStyle(svg).backgroundColor;
    context.fillRect(0, 0, size, size);
    context.scale(scale, scale);
    context.fillStyle = getComputedStyle(svg).fill;
    context.fill(new Path2D(svg.querySelector('path')!.getAttribute('d')!));
    return { size, pixels: [...context.getImageData(0, 0, size, size).data] };
  });
  return jsQR(Uint8ClampedArray.from(pixels), size, size)?.data;
}

describeInBrowser('the page of somebody with an authenticator app', () => {
  let world: PlaygroundWorld;
  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  it('turns two-step sign-in on, signs in with a code of the next period, then with a recovery code, and turns it off', async () => {
    const email = 'katherine@example.org';
    const katherine = await world.visitor();
    await katherine.page.getByRole('button', { name: 'Create account' }).click();
    await katherine.at('display-name').fill('Katherine');
    await katherine.at('email').fill(email);
    await katherine.at('password').fill(PASSWORD);
    await katherine.at('register').click();
    await katherine.at('no-projects').waitFor();

    await katherine.at('settings').click();
    await katherine.at('factor-state').filter({ hasText: 'Off' }).waitFor();
    await katherine.at('start-factor').click();
    const secret = await katherine.at('factor-secret').inputValue();
    expect(await katherine.at('factor-uri').inputValue()).toContain(`secret=${secret}`);
    expect(await readQrCode(katherine.at('qr-code'))).toBe(await katherine.at('factor-uri').inputValue());
    await katherine.picture('qr-code');
    const app = new TOTP({ secret: Secret.fromBase32(secret) });
    const code = (steps: number) => app.generate({ timestamp: Date.now() + steps * 30_000 });
    await katherine.at('factor-code').fill(code(0));
    await katherine.at('confirm-factor').click();
    const codes = (await katherine.at('recovery-codes').inputValue()).split('\n');
    expect(codes).toHaveLength(10);
    await katherine.at('factor-state').filter({ hasText: 'left: 10' }).waitFor();

    await katherine.page.reload();
    await katherine.at('account').click();
    await katherine.at('sign-out').click();
    expect(await katherine.at('second-factor').isVisible()).toBe(false);
    await katherine.signIn(email, PASSWORD);
    await katherine.at('sign-in-problem').filter({ hasText: 'Enter the code' }).waitFor();
    await katherine.at('second-factor').fill('no code');
    await katherine.at('sign-in').click();
    await katherine.at('sign-in-problem').filter({ hasText: 'The code is wrong' }).waitFor();
    await katherine.at('second-factor').fill(code(1));
    await katherine.at('sign-in').click();
    await katherine.at('no-projects').waitFor();

    await katherine.at('account').click();
    await katherine.at('sign-out').click();
    await katherine.signIn(email, PASSWORD);
    await katherine.at('second-factor').fill(codes[0]!);
    await katherine.at('sign-in').click();
    await katherine.at('no-projects').waitFor();

    await katherine.at('settings').click();
    await katherine.at('factor-state').filter({ hasText: 'left: 9' }).waitFor();
    await katherine.at('factor-code').fill(codes[1]!);
    await katherine.at('end-factor').click();
    await katherine.at('factor-state').filter({ hasText: 'Off' }).waitFor();
    katherine.troubles.forget(/401/);
  }, 240_000);
});
