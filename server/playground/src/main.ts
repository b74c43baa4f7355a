import './zod-config.js';
import './styles/index.css';
import { App } from './app/app.js';
import { followAppearance } from './settings/appearance.js';

followAppearance(document.documentElement);
const root = document.createElement('div');
root.id = 'root';
document.body.append(root);
new App(root).start();
