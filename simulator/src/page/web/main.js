// Starts each part of the page, then connects to the server.

import { listen } from "./api.js";
import { startAttacks } from "./attacks.js";
import { startBot } from "./bot.js";
import { startChat } from "./chat.js";
import { startComposer } from "./composer.js";
import { startFans } from "./fans.js";
import { startFirstSteps } from "./first-steps.js";
import { startInspector } from "./inspector.js";
import { startKinds } from "./kinds.js";
import { startLayout } from "./layout.js";
import { startMenu } from "./menu.js";
import { startMenuEditor } from "./menu-editor.js";
import { startScenario } from "./scenario.js";
import { startSetup } from "./setup.js";
import { apply } from "./store.js";
import { startTurns } from "./turns.js";

startLayout();
startSetup();
startBot();
startFans();
startAttacks();
startChat();
startMenu();
startMenuEditor();
startComposer();
startTurns();
startFirstSteps();
startInspector();
startScenario();
// Events are drawn with the titles of the catalogue.
await startKinds();
listen(apply, (connected) => document.body.classList.toggle("offline", !connected));
