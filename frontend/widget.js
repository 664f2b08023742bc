/* The script of the form widget: the markup is there already. */

import { AvatarField } from "./field.js";

customElements.define("avatar-field", AvatarField);
