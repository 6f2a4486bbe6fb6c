/** Where the simulated packages work, and on whose networks. */

const codes = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The 35 areas of the European packages. */
export const euLocations = codes(`
  AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE
  IM IS IT JE LI LT LU LV MT NL NO PL PT RO SE SI SK`);

/** The 120 areas of the global packages. */
export const globalLocations = codes(`
  ${euLocations.join(" ")}
  AE AL AM AR AU AX AZ BA BD BH BN BO BR BY CA CL CN CO CR DO
  DZ EC EG FJ FO GE GG GH GL GT GU HK HN ID IL IN IQ JM JO JP
  KE KG KH KR KW KZ LA LK MA MC MD ME MG MK MN MO MU MX MY NG
  NI NZ OM PA PE PH PK PR PY QA RE RS SA SG SN SV TH TN TR TW
  TZ UA US UY VN`);

interface Operator {
  readonly operatorName: string;
  readonly networkType: string;
}

const operators: Readonly<Record<string, readonly Operator[]>> = {
  US: [
    { operatorName: "T-Mobile", networkType: "5G" },
    { operatorName: "AT&T", networkType: "5G" },
    { operatorName: "Verizon", networkType: "5G" },
  ],
  CA: [{ operatorName: "Rogers", networkType: "5G" }],
  MX: [{ operatorName: "Telcel", networkType: "4G" }],
  DE: [
    { operatorName: "Telekom", networkType: "5G" },
    { operatorName: "Vodafone", networkType: "5G" },
  ],
  ES: [{ operatorName: "Movistar", networkType: "5G" }],
  FR: [{ operatorName: "Orange", networkType: "5G" }],
  GB: [{ operatorName: "EE", networkType: "5G" }],
  IT: [{ operatorName: "TIM", networkType: "5G" }],
  JP: [{ operatorName: "SoftBank", networkType: "5G" }],
};

/** A location whose networks nobody has listed above still has one. */
const LOCAL_PARTNER: readonly Operator[] = [{ operatorName: "Local partner", networkType: "4G" }];

export const operatorsIn = (location: string): readonly Operator[] => operators[location] ?? LOCAL_PARTNER;
