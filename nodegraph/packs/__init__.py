"""Packs: folders of node types and port types, their manifests, and the catalogue of what is installed."""

from .catalogue import *  # noqa: F403
from .catalogue import Catalogue as Catalogue, read_pack as read_pack
