"""What a change of a key means for the parts of a daemon that runs."""

import asyncio
from collections.abc import Callable

from slcp.config import Config
from slcp.trust import Security
from slcpd.company import Company, blocklist_of, pinned_dialects
from slcpd.mail import Mail, blocks, image_folder
from slcpd.settings import Settings
from slcpd.status import Profile


def settings_of(company: Company, mail: Mail, profile: Profile, flush: Callable[[], None]) -> Settings:
    """Say for each key that works at once what a change of it means."""

    def rename(config: Config) -> None:
        company.membership.rename(config.handle, asyncio.get_running_loop().time())
        flush()
        mail.sessions.close_where(lambda _: True)  # a stream says but once whose it is

    def store_images(config: Config) -> None:
        mail.images.configure(image_folder(config, profile.places), config.max_image_size, config.open_images)

    def block(config: Config) -> None:
        mail.publisher.publish(company.presence.block(blocklist_of(config)))
        mail.sessions.close_where(blocks(company.presence))

    def pin(config: Config) -> None:
        company.presence.evidence.pinned = pinned_dialects(config)

    def secure(config: Config) -> None:
        company.trust.security = Security(config.security)
        is_off = company.trust.security is Security.OFF
        company.me.fingerprint = None if is_off else mail.sessions.own_fingerprint
        if is_off:
            mail.sessions.close_where(lambda _: True)
        company.announcer.greet()
        flush()

    apply = {
        "handle": rename,
        "inactive": mail.autoreply.configure,
        "autoreply": mail.autoreply.configure,
        "imagepath": store_images,
        "open_images": store_images,
        "max_image_size": store_images,
        "on_message": mail.hook.configure,
        "blocked": block,
        "dialects": pin,
        "security": secure,
    }
    return Settings(profile.layers, profile.places.settings, mail.journal, apply)
