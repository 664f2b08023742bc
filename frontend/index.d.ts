/** What the API says of a picture: `django_avatars.services.Description`. */
export interface Avatar {
    /** Address of the picture; null where there is none. */
    url: string | null;
    /** Addresses by side in pixels. */
    sizes: Record<string, string>;
    /** The same, for an `img` element. */
    srcset: string;
    /** Addresses by extension, and by side in pixels. */
    formats: Record<string, Record<string, string>>;
    /** Address of the picture as it moves. */
    animated: string | null;
    /** How its owner describes the picture. */
    alt: string;
    /** One or two letters, to show without a picture. */
    initials: string;
    /** What stands behind them, such as "#2a581a". */
    color: string;
    /** What the person is called. */
    label: string;
}

/** With `endpoint`: the picture was saved. */
export interface SavedDetail {
    avatar: Avatar;
    /** Whether it is shown only once it was approved: `avatar` is the one that is shown meanwhile. */
    isWaiting: boolean;
}

/** Without `endpoint`: this file will be sent with the form. */
export interface ChosenDetail {
    file: File;
    /** The square to take: see "The crop" in the reference. */
    crop: string;
}

export interface ErrorDetail {
    /** Such as "too_large", "network" or "signed_out": see "Error codes" in the reference. */
    code: string;
    /** What the person reads. */
    message: string;
    /** Status of the API's last answer; 0 where there was none. */
    status?: number;
}

export type Headers = Record<string, string>;

/** `<avatar-field>`: with `endpoint` it saves by itself; without, it is a part of the form around it. */
export class AvatarFieldElement extends HTMLElement {
    /** Address of the API of one's own picture; reflects the attribute. */
    endpoint: string;
    /** Sent along with every request, such as a token. */
    headers: Headers | (() => Headers | Promise<Headers>) | undefined;
    /** Translations, by the English text. */
    messages: Record<string, string>;
    /** What the API said of the picture; null before it was asked. */
    readonly avatar: Avatar | null;
    /** Ask the API anew. */
    reload(): Promise<void>;
}

declare global {
    interface HTMLElementTagNameMap {
        "avatar-field": AvatarFieldElement;
    }
    interface HTMLElementEventMap {
        "avatar-change": CustomEvent<SavedDetail | ChosenDetail>;
        "avatar-error": CustomEvent<ErrorDetail>;
        "avatar-remove": CustomEvent<Record<string, never>>;
    }
}
