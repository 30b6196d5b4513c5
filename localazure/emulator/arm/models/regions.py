"""Azure regions: `westeurope` to Microsoft.Storage is `West Europe` to Microsoft.Web."""

from localazure.emulator.arm import errors

_DISPLAY_NAMES = (
    "Australia Central", "Australia East", "Australia Southeast", "Austria East", "Brazil South", "Canada Central",
    "Canada East", "Central India", "Central US", "East Asia", "East US", "East US 2", "France Central",
    "Germany West Central", "Indonesia Central", "Israel Central", "Italy North", "Japan East", "Japan West",
    "Korea Central", "Korea South", "Malaysia West", "Mexico Central", "New Zealand North", "North Central US",
    "North Europe", "Norway East", "Poland Central", "Qatar Central", "South Africa North", "South Central US",
    "South India", "Southeast Asia", "Spain Central", "Sweden Central", "Switzerland North", "UAE North", "UK South",
    "UK West", "West Central US", "West Europe", "West India", "West US", "West US 2", "West US 3",
)  # fmt: skip

REGIONS = {name.replace(" ", "").lower(): name for name in _DISPLAY_NAMES}
"""Display names by region name, as in `az account list-locations`."""


def region(location: object, resource_type: str) -> str:
    """The region's short name, from either spelling. Raises ArmError if it is missing or there is no such region."""
    if not isinstance(location, str) or not location.strip():
        raise errors.location_required()
    name = location.replace(" ", "").lower()
    if name not in REGIONS:
        raise errors.location_not_available(location, resource_type, sorted(REGIONS))
    return name
