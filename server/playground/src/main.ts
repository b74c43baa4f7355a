import './zod-config.js';
import './styles/index.css';
import { App } from './app/app.js';
import { followAppearance } from './settings/appearance.js';

const LAST_RELOAD = 'tandem.lastReload';

// The server was updated and the parts of the old page are gone: the new page knows the new ones. Not twice in a minute, so
// that a part which is missing for good does not make the page reload for ever.
addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(LAST_RELOAD)) < 60_000) return;
  sessionStorage.setItem(LAST_RELOAD, String(Date.now()));
  event.preventDefault();
  location.reload();
});

followAppearance(document.documentElement);
const root = document.createElement('div');
root.id = 'root';
document.body.append(root);
new App(root).start();
